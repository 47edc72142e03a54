// Whether users who come by http are sent to https.
import type { Listener, Topology } from './model.ts';

/**
 * The listener to which the built-in service sends users of an http listener; undefined when it does not. A listener whose certificate browsers
 * refuse is none to send users to, and an application of one's own decides by itself.
 */
export function redirectListener({ balancer: { listeners }, service }: Topology): Listener | undefined {
  if (service.artifact !== 'builtin' || !listeners.some(({ protocol }) => protocol === 'http')) return undefined;
  return listeners.find(({ certificate }) => certificate !== undefined && certificate !== 'self-signed');
}
