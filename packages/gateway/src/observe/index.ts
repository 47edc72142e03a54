// The door of what is seen of the gateway from outside: metrics, status, request log.
export { Metrics } from './metrics.ts';
export { statusOf } from './status.ts';
export { RequestLog } from './request-log.ts';
