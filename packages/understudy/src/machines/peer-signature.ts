// The header with which a service machine proves itself to another one, made by the tool to see which secrets a machine accepts.
import { createHmac } from 'node:crypto';
import { Secret } from '@understudy/foundation';

/** A request without a body, as `X-Understudy-Peer: v1 TIME DIGEST CALLER SIGNATURE`; see docs/service.md. */
export function peerHeader(
  secret: Secret,
  { method, path, caller }: Readonly<Record<'method' | 'path' | 'caller', string>>,
  atMs: number,
): Secret {
  const digest = '-';
  const signed = ['v1', method, path, atMs, digest, caller].join('\n');
  const signature = createHmac('sha256', secret.reveal()).update(signed).digest('hex');
  return new Secret(`X-Understudy-Peer: v1 ${atMs} ${digest} ${caller} ${signature}`);
}
