// The exit codes. Every command ends with one of these; no other code sets process.exitCode.
import { UnderstudyError } from '@understudy/foundation';

export const exitCode = {
  /** The answer is yes: healthy, nothing to do, every drill passed. */
  yes: 0,
  /** The answer is no: drift found, a drill failed, the system is degraded. */
  no: 1,
  /** There is no answer: unreachable, interrupted, or refused by a server. */
  unknown: 2,
  /** The command line or the topology file is wrong; nothing was changed. */
  usage: 64,
  /** A bug in this program. */
  internal: 70,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

const usageCodes = new Set([
  'topology-invalid',
  'topology-unreadable',
  'cli-usage',
  'drills-unknown',
  'operate-unknown-machine',
  'proof-unknown-run',
  'service-key-exists',
  'service-key-unknown',
  'service-keys-off',
]);

/** A person declined, or there was no terminal to ask; or what is asked for was rejected before. */
const declinedCodes = new Set(['reconcile-declined', 'reconcile-release-recorded']);

/** The change was tried, did not serve, and was taken back. */
const rejectedCodes = new Set(['reconcile-release-rejected', 'reconcile-settings-rejected']);

/** The exit code for an error that ended a command. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof UnderstudyError)) return exitCode.internal;
  if (declinedCodes.has(error.code) || rejectedCodes.has(error.code)) return exitCode.no;
  return usageCodes.has(error.code) ? exitCode.usage : exitCode.unknown;
}
