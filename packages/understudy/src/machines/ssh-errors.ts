// The errors of SSH: which machine, what was seen, what to do next.
import { UnderstudyError } from '@understudy/foundation';
import type { RemoteTarget, TunnelEnd } from './remote.ts';

/** Facts: `keyRefused` when the machine answers and does not accept the key. A machine that boots does so too, until it has its keys. */
export function unreachable(target: RemoteTarget, cause?: Error & { readonly level?: string }): UnderstudyError {
  // The level of ssh2's error when every way of authentication was refused.
  const keyRefused = cause?.level === 'client-authentication';
  const advice = keyRefused
    ? "It answers, and does not accept the tool's key. If another operator rotated the key, import access again: understudy access --help"
    : 'Check that the machine runs and that its firewall allows port 22 from this network.';
  return new UnderstudyError(
    'machines-unreachable',
    `${target.label} (${target.address}) cannot be reached over SSH: ${cause?.message ?? 'the connection closed'}. ${advice}`,
    { facts: { label: target.label, address: target.address, keyRefused }, cause },
  );
}

export function runnerClosed({ label }: RemoteTarget): UnderstudyError {
  return new UnderstudyError('machines-closed', `Nothing was sent to ${label}: its SSH connection is closed.`, {
    facts: { label },
  });
}

export function timedOut(target: RemoteTarget, what: string, timeoutMs: number): UnderstudyError {
  return new UnderstudyError(
    'machines-timeout',
    `${what} on ${target.label} timed out: it did not end within ${timeoutMs} ms.`,
    { facts: { label: target.label, what, timeoutMs } },
  );
}

export function tunnelRefused(target: RemoteTarget, { address, port }: TunnelEnd, cause: Error): UnderstudyError {
  return new UnderstudyError(
    'machines-tunnel-refused',
    `${target.label} could not connect to ${address}:${port}: ${cause.message}.`,
    { facts: { label: target.label, address, port }, cause },
  );
}
