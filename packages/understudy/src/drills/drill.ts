// What a drill is: a fault, what it must show, and how long things take. The catalogue lists them all.
import type { Fault } from './faults/fault.ts';
import type { Goals, Durations } from '../proof/index.ts';

export interface Drill {
  /** In kebab-case; what `drill run` takes. */
  readonly name: string;
  readonly group: 'search' | 'service' | 'balancer' | 'secure' | 'base';
  /** One sentence for `drill list`. */
  readonly summary: string;
  readonly fault: Fault;
  readonly goals: Goals;
  readonly durations: Durations;
  /** Failed requests over all since the fault, at which the run is stopped and undone; null where failed requests are expected. */
  readonly errorBudget: number | null;
}
