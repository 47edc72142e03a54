// Gives a system another authority: trusted beside the old one everywhere first, then signing, then alone. The operator's files say which
// phase it is in, the machines what is left to do in it; so it may be interrupted anywhere and run again.
import { X509Certificate } from 'node:crypto';
import { advance, beginAuthority, type SystemSecurity } from '../../secure/index.ts';
import { systemClock } from '@understudy/foundation';
import { onEach, progress, renewCertificate, writeSecurityFiles } from './on-machines.ts';
import { acceptsNode, enginePorts, proved, shownSerial, type Certified } from './proofs.ts';
import type { RotatingSystem, SearchMachine } from './system.ts';

export interface RotatedAuthority {
  /** SHA-256 fingerprints. */
  readonly before: string;
  readonly after: string;
  /** Labels of the search machines that have a certificate of the new one and refuse those of the old one. */
  readonly machines: readonly string[];
}

/** Called when a phase was proved and before the next begins: for tests and drills that end the process there. */
export type BetweenPhases = (proved: string) => Promise<void>;

export interface AuthorityRequest {
  readonly passphrase: Parameters<typeof beginAuthority>[0]['passphrase'];
  readonly betweenPhases?: BetweenPhases;
}

/** Errors as of `rotateCertificates`, `secure-not-kept`, and those of the change of service machines. */
export async function rotateAuthority(
  system: RotatingSystem,
  { passphrase, betweenPhases = () => Promise.resolve() }: AuthorityRequest,
): Promise<RotatedAuthority> {
  const { directory, name, logger } = system;
  const first = await system.security();
  await first.assertSigns();
  await system.search(first);
  if (!first.exchange.authority) {
    await beginAuthority({ directory, systemName: name, nowMs: systemClock.now(), passphrase });
  } else {
    logger({ level: 'info', subject: name, text: `goes on in the phase "${first.exchange.authority.phase}"` });
  }
  let machines: readonly SearchMachine[] = [];
  let before = '';
  let after = '';
  for (const phase of ['introduce', 'use', 'withdraw'] as const) {
    const security = await system.security();
    const exchange = security.exchange.authority;
    if (exchange?.phase !== phase) continue;
    before = fingerprintOf(security.former.authority.certificatePem);
    after = fingerprintOf(exchange.next.certificatePem);
    machines = await system.search(security);
    await phases[phase](system, security, machines);
    await system.moveClients(security);
    logger({ level: 'info', subject: name, text: done[phase] });
    await advance(directory, 'authority', phase);
    await betweenPhases(phase);
  }
  await writeGeneration(system, machines);
  return { before, after, machines: machines.map(({ target }) => target.label) };
}

const done = {
  introduce: 'every machine and every client trusts both authorities',
  use: 'every search machine shows a certificate of the new authority',
  withdraw: 'no machine and no client trusts the old authority',
} as const;

type Phase = (system: RotatingSystem, security: SystemSecurity, machines: readonly SearchMachine[]) => Promise<void>;

const phases: Readonly<Record<'introduce' | 'use' | 'withdraw', Phase>> = {
  introduce: (system, security, machines) =>
    onEach(system, machines, async (machine) => {
      await writeSecurityFiles(system, security, machine);
      const next = await certifiedBy(system, security, machine, 'next');
      await proved(system, machine, 'that its engine trusts the new authority', async () =>
        (await acceptsNode(system, machine, next)) ? undefined : 'it refuses a certificate of the new one',
      );
      progress(system, machine, 'its engine trusts both authorities');
    }),
  use: (system, security, machines) =>
    onEach(system, machines, async (machine) => {
      await writeSecurityFiles(system, security, machine);
      if (!(await showsNext(system, security, machine))) await renewCertificate(system, security, machine);
    }),
  withdraw: (system, security, machines) =>
    onEach(system, machines, async (machine) => {
      await writeSecurityFiles(system, security, machine);
      const [former, next] = await Promise.all([
        certifiedBy(system, security, machine, 'former'),
        certifiedBy(system, security, machine, 'next'),
      ]);
      await proved(system, machine, 'that its engine refuses the old authority', async () => {
        // An engine that is not there refuses everybody.
        if (!(await acceptsNode(system, machine, next))) return 'it refuses a certificate of the new one';
        return (await acceptsNode(system, machine, former)) ? 'it accepts a certificate of the old one' : undefined;
      });
      progress(system, machine, 'its engine trusts the new authority alone');
    }),
};

async function certifiedBy(
  { clock }: RotatingSystem,
  security: SystemSecurity,
  { subject }: SearchMachine,
  by: 'former' | 'next',
): Promise<Certified> {
  return { bundlePem: security.bundlePem, identity: await security.probe(subject, by, clock.now()) };
}

/** Whether the engine shows a certificate of the new authority at both ports: a client that trusts it alone is satisfied. */
async function showsNext(system: RotatingSystem, security: SystemSecurity, machine: SearchMachine): Promise<boolean> {
  const { identity } = await certifiedBy(system, security, machine, 'next');
  try {
    for (const port of enginePorts)
      await shownSerial(system, machine, port, { bundlePem: security.signerPem, identity });
    return true;
  } catch {
    return false;
  }
}

/** The exchange is over: machines are told which state of the operator's files that is. A failure is repaired by the next apply. */
export async function writeGeneration(system: RotatingSystem, machines: readonly SearchMachine[]): Promise<void> {
  const security = await system.security();
  await onEach(system, machines, (machine) => writeSecurityFiles(system, security, machine));
}

function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256;
}
