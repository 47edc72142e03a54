// Status: the verdict on what was observed, with findings: cause, effect and the command that mends it.
export { judge } from './judge.ts';
export { type Status, statusJsonSchema, statusSchema, type Verdict } from './status.ts';
