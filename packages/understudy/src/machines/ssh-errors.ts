// The errors of SSH: which machine, what was seen, what to do next.
import { UnderstudyError } from '@understudy/foundation';
import type { RemoteTarget, TunnelEnd } from './remote.ts';

export function unreachable(target: RemoteTarget, cause?: Error): UnderstudyError {
  return new UnderstudyError(
    'machines-unreachable',
    `${target.label} (${target.address}) cannot be reached over SSH: ${cause?.message ?? 'the connection closed'}. ` +
      'See that it runs and that the firewall lets this network reach port 22.',
    { facts: { label: target.label, address: target.address }, cause },
  );
}

export function runnerClosed({ label }: RemoteTarget): UnderstudyError {
  return new UnderstudyError('machines-closed', `Nothing more is asked of ${label}: the connections were closed.`, {
    facts: { label },
  });
}

export function timedOut(target: RemoteTarget, what: string, timeoutMs: number): UnderstudyError {
  return new UnderstudyError(
    'machines-timeout',
    `${what} on ${target.label} did not end within ${timeoutMs} ms, so it was given up.`,
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
