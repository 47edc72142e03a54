// The public API of the client: everything a user may import from '@understudy/client'.
export { createClient, type Client } from './api/client.ts';
export type { Auth, ClientOptions, GatherOptions } from './api/options.ts';
export type * from './model/operations.ts';
export type { RawRequest, RawResult } from './api/raw.ts';
export {
  ClientError,
  isClientError,
  type ClientErrorDetails,
  type EngineError,
  type ErrorCode,
  type FailedAttempt,
  type Outcome,
} from './model/errors.ts';
export { parseExact, stringifyExact } from './json/json.ts';
export type { ClientEvents } from './observe/events.ts';
export type { MetricsSnapshot, NodeReport, CounterValues } from './observe/metrics.ts';
export type { NodeState } from './nodes/node.ts';
export type { Safety } from './policy/classify.ts';
export { articlePreset, withArticleRetries } from './api/presets.ts';
export { registerMetrics, type MeterLike } from './adapters/opentelemetry.ts';
