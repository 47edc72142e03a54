// The door of the operations: how each kind of request is carried out.
export { Operations } from './operations.ts';
export { Exchange, type Ended } from './exchange.ts';
