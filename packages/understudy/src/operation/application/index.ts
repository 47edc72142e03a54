// An application of the user's, looked at: how it is started, and its section of a topology.
export { type Application, inspectApplication } from './inspect.ts';
export { serviceBlock } from './service-block.ts';
