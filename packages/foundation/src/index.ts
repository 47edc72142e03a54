// The foundation: clock, errors, logger, secrets, results of reads. It does not depend on other parts of the product.
export { UnderstudyError, type Facts } from './error.ts';
export { onAbort, untilAborted } from './abort.ts';
export { Secret } from './secret.ts';
export { systemClock, type Clock } from './clock.ts';
export { oncePer } from './once-per.ts';
export { silentLogger, type Logger, type LogLevel, type LogLine } from './logger.ts';
export {
  childrenToEnd,
  endsWithProcess,
  unfinishedNow,
  trackUnfinished,
  type Unfinished,
  type Tracked,
} from './unfinished.ts';
export { absent, look, seen, shown, unknown, type Seen, type Unknown } from './seen.ts';
