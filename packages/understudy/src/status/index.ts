// Status: the state of health of what was observed, with findings: cause, effect and the command that repairs it.
export { assessHealth } from './assess-health.ts';
export type { OperatorFiles } from './finding.ts';
export { type Status, statusJsonSchema, statusSchema, type HealthState } from './status.ts';
