// The door of the operations: how each kind of request is carried out.
export { Operations } from './operations.ts';
export type { Exchange } from './exchange.ts';
