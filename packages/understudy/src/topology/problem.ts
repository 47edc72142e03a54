// One thing wrong with a topology, and the error that carries them all.
import { UnderstudyError } from '@understudy/foundation';

export interface Problem {
  /** Dotted path, such as `balancer.listeners.0.port`; empty for the file as a whole. */
  readonly field: string;
  /** 1-based; absent when the topology did not come from text. */
  readonly line?: number;
  readonly column?: number;
  /** What is there, in a few words. */
  readonly saw: string;
  readonly allowed: string;
  /** Why it is refused, in a sentence. */
  readonly message: string;
  readonly remedy: string;
}

/** The error `topology-invalid`; `facts.problems` has every problem, the message one line for each. */
export class TopologyError extends UnderstudyError {
  readonly problems: readonly Problem[];

  constructor(path: string, problems: readonly Problem[]) {
    const lines = problems.map((problem) => describeProblem(path, problem));
    super('topology-invalid', lines.join('\n'), { facts: { path, problems } });
    this.name = 'TopologyError';
    this.problems = problems;
  }
}

/** `topology.yaml:4 search.nodes: saw 2; allowed ...; ...; do ...`. */
function describeProblem(path: string, problem: Problem): string {
  const place = problem.line === undefined ? path : `${path}:${problem.line}`;
  const field = problem.field === '' ? '' : ` ${problem.field}`;
  return `${place}${field}: saw ${problem.saw}; allowed ${problem.allowed}; ${problem.message}; do: ${problem.remedy}`;
}
