// The door of the client: everything a user may import from '@understudy/client'.
export { createClient, type Client } from './api/client.ts';
export type { Auth, ClientOptions, GatherOptions } from './api/options.ts';
export type * from './api/types.ts';
export type { BulkItem, BulkResult } from './api/bulk.ts';
export type { RawRequest, RawResult } from './api/raw.ts';
export {
  ClientError,
  isClientError,
  type ClientErrorDetails,
  type EngineError,
  type ErrorCode,
  type FailedAttempt,
  type Outcome,
} from './errors.ts';
export { parseExact, stringifyExact } from './json.ts';
export type { ClientEvents } from './observe/events.ts';
export type { MetricsSnapshot, NodeReport, CounterValues } from './observe/metrics.ts';
export type { NodeState } from './nodes/node.ts';
export type { Safety } from './policy/classify.ts';
export { articlePreset, withArticleRetries } from './presets.ts';
export { registerMetrics, type MeterLike } from './observe/opentelemetry.ts';
