// What an engine would refuse at its start, found before it is started or stopped: the shape that each engine's own check has.
import { UnderstudyError } from '@understudy/foundation';

export interface StartRefusal {
  /** The setting, keystore entry or file that the engine refuses. */
  readonly setting: string;
  readonly seen: string;
  readonly allowed: string;
}

export interface StartCheck {
  /** A shell script, run as root on the machine, that prints what the engine reads at its start, without any secret's value. */
  readonly script: string;
  /** What the engine would refuse of it; empty when it starts. Error: `engines-start-unread`, when the text is incomplete. */
  readonly refusals: (printed: string) => readonly StartRefusal[];
}

/** What a machine has printed says nothing of its engine's start. `remedy`: a sentence without its full stop. */
export function startUnread(reason: string, remedy: string): UnderstudyError {
  return new UnderstudyError(
    'engines-start-unread',
    `What the engine reads at its start could not be read: ${reason}. ${remedy}.`,
  );
}
