// The door for programs that pass on requests of others, such as a proxy: the policies of the client for requests whose bytes, and
// whose answers' bytes, stay as they are.
export {
  createForwarder,
  type Forwarder,
  type ForwardOptions,
  type ForwardRequest,
  type ForwardSink,
  type Forwarding,
} from './forwarder.ts';
export type { ForwardWrite, WriteAnswer, WriteSink } from './write-entry.ts';
export type { AnswerRest, HeaderMap, RestSink } from '../nodes/wire.ts';
export type { CallAnswer } from '../call/core.ts';
export type { Refresh } from '../model/operations.ts';
export { ClientError, isClientError, type FailedAttempt } from '../model/errors.ts';
export type { Fence } from '../formats/write.ts';
export { repeatableInOrder } from '../policy/bulk-order.ts';
export type { Safety } from '../policy/classify.ts';
export type { MetricsSnapshot } from '../observe/metrics.ts';
export { parseExact, stringifyExact } from '../json/json.ts';
