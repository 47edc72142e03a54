// Everything outside the process that the tool acts through, gathered once and passed in. The command line wires the real
// one; a test replaces only what is a wire or a clock.
import type { EngineTransport } from '../cluster/index.ts';
import type { Clock, Logger, Seen } from '@understudy/foundation';
import type { LinodeClient } from '../linode/index.ts';
import type { PinningRunner, RemoteTarget } from '../machines/index.ts';
import type { ShownCertificate } from './observation.ts';

export interface World {
  readonly linode: LinodeClient;
  readonly runner: PinningRunner;
  /** A way to the engines on these machines; their private addresses are keyed by label. */
  readonly transportFor: (machines: readonly EngineHost[]) => EngineTransport;
  /** The certificate that a TLS port shows, trusted or not. Unknown when it shows none in good time. */
  readonly shownCertificate: (address: string, port: number) => Promise<Seen<ShownCertificate>>;
  /** The authoritative name servers of the account's domains: names, or addresses with a port. */
  readonly nameServers: readonly string[];
  /** Whom to ask for names of the public DNS, an address with a port; undefined: whom this computer asks. */
  readonly resolver: string | undefined;
  /** How long the balancer may take to act on a changed mode of a backend. */
  readonly balancerSettleMs: number;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
}

/** A search machine by which its engine can be asked. */
export interface EngineHost {
  readonly target: RemoteTarget;
  readonly vpcAddress: string;
}
