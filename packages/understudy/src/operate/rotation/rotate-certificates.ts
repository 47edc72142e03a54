// Gives every search machine a new key and a new certificate, one machine after the other. It may be run again after any interruption:
// machines that have a new one get another one.
import { onEach, renewCertificate } from './on-machines.ts';
import type { RotatingSystem } from './system.ts';

export interface RenewedCertificate {
  readonly machine: string;
  /** Upper-case hex, as `openssl x509 -serial` prints it. */
  readonly serial: string;
}

/**
 * The next machine is touched when the engine of the one before shows the new certificate. Errors: `secure-passphrase`,
 * `operate-partial-view`, `operate-drift`, and then nothing was changed; `operate-not-proved`, `operate-script`.
 */
export async function rotateCertificates(system: RotatingSystem): Promise<RenewedCertificate[]> {
  const security = await system.security();
  await security.assertSigns();
  const machines = await system.search(security);
  const renewed: RenewedCertificate[] = [];
  await onEach(system, machines, async (machine) => {
    const serial = await renewCertificate(system, security, machine);
    renewed.push({ machine: machine.target.label, serial });
  });
  return renewed;
}
