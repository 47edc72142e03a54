export { judge } from './judge.ts';
export { type Status, statusJsonSchema, statusSchema, type Verdict } from './status.ts';
