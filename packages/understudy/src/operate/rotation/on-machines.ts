// What an exchange does on one search machine: a new key with its certificate, and the files of authorities and accounts. Each is proved by
// what the engine does afterwards.
import { X509Certificate } from 'node:crypto';
import { UnderstudyError } from '@understudy/foundation';
import { writeFilesScript } from '../../machines/index.ts';
import { certificateScript, requestScript, type ProbeIdentity, type SystemSecurity } from '../../secure/index.ts';
import { enginePorts, proved, shownSerial } from './proofs.ts';
import type { RotatingSystem, SearchMachine } from './system.ts';

/** One machine after the other; an abort ends it before the next. */
export async function onEach(
  { signal }: Pick<RotatingSystem, 'signal'>,
  machines: readonly SearchMachine[],
  act: (machine: SearchMachine) => Promise<void>,
): Promise<void> {
  for (const machine of machines) {
    signal.throwIfAborted();
    await act(machine);
  }
}

export function progress(system: Pick<RotatingSystem, 'logger'>, { target }: SearchMachine, text: string): void {
  system.logger({ level: 'info', subject: target.label, text });
}

/** A new key and certificate; returns the serial number that the engine shows at both of its ports. Errors: `operate-not-proved`, `operate-script`. */
export async function renewCertificate(
  system: RotatingSystem,
  security: SystemSecurity,
  machine: SearchMachine,
): Promise<string> {
  const { layout, clock } = system;
  const { subject } = machine;
  const request = await run(system, machine, 'make a key and a certificate request', requestScript(layout, subject));
  const pem = await security.issue(request, subject, clock.now());
  await run(system, machine, 'put its certificate in place', certificateScript(layout, pem));
  const { serialNumber } = new X509Certificate(pem);
  const certified = { bundlePem: security.bundlePem, identity: await probeOf(system, security, machine) };
  await proved(system, machine, `the new certificate ${serialNumber}`, async () => {
    for (const port of enginePorts) {
      const shown = await shownSerial(system, machine, port, certified);
      if (shown !== serialNumber) return `port ${port} shows ${shown}`;
    }
    return undefined;
  });
  progress(system, machine, `shows its new certificate at ${enginePorts.join(' and ')} (serial ${serialNumber})`);
  return serialNumber;
}

/** By the authority that signs now. */
async function probeOf(
  { clock }: RotatingSystem,
  security: SystemSecurity,
  { subject }: SearchMachine,
): Promise<ProbeIdentity> {
  const { authority } = security.exchange;
  const by = authority && authority.phase !== 'introduce' ? 'next' : 'former';
  return await security.probe(subject, by, clock.now());
}

/** Authorities and accounts as they are meant to be now. Errors: `operate-script`. */
export async function writeSecurityFiles(
  system: RotatingSystem,
  security: SystemSecurity,
  machine: SearchMachine,
): Promise<void> {
  const files = await system.files(security, machine);
  await run(system, machine, 'write its authorities and accounts', writeFilesScript(files));
}

async function run(
  { runner }: RotatingSystem,
  { target }: SearchMachine,
  what: string,
  script: string,
): Promise<string> {
  const { code, stdout, stderr } = await runner.run(target, ['sh', '-s'], { stdin: script });
  if (code === 0) return stdout;
  throw new UnderstudyError(
    'operate-script',
    `${target.label}: the command to ${what} ended with exit code ${code}: ${stderr.trim() || 'it said nothing'}. Repair the cause, ` +
      'then run the same command again: it goes on from here.',
    { facts: { label: target.label, what, code } },
  );
}
