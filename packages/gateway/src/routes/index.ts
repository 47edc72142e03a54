// The door of the routes: what each request of the engine's API is, and how it may be repeated.
export { classify, type Route } from './classify.ts';
export { table, type Row, type Handling } from './table.ts';
