// What is told about the start of an application, and the refusal when it cannot be told.
import { UnderstudyError } from '@understudy/foundation';
import type { Topology } from '../../topology/index.ts';

/** A value of the topology with what it was concluded from, in a sentence. */
export interface Concluded<Value> {
  readonly value: Value;
  readonly why: string;
}

export interface Start {
  readonly runtime: Concluded<Topology['service']['runtime']>;
  /** Undefined when the runtime knows it from the artifact itself; `why` says from what. */
  readonly command: Concluded<readonly string[] | undefined>;
  /** What must be changed in the application before `plan`, each a sentence. */
  readonly open: readonly string[];
}

/** The refusal of a directory, with what to write instead of this command. */
export function untold(directory: string, saw: string, allowed: string, remedy: string): UnderstudyError {
  return new UnderstudyError(
    'cli-usage',
    `How the application in ${directory} is started cannot be told: saw ${saw}; allowed ${allowed}; do: ${remedy}. Or write it by hand: ` +
      'understudy init topology.yaml, then under service: runtime, artifact (the directory) and command (its words; {host}, {port} and ' +
      '{workers} are filled in). docs/your-app.md has an example of each runtime.',
    { facts: { directory, saw, allowed } },
  );
}
