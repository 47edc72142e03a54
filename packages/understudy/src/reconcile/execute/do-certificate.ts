// Executes the step that gives a machine its key and certificate. The key stays there; what it asks for is checked before it is signed.
import { engineLayouts } from '../../engines/index.ts';
import { certificateSubjectOf, machineNamed } from '../../operation/index.ts';
import { certificateScript, requestScript } from '../../secure/index.ts';
import { runScript, type StepContext } from './step-context.ts';

/** Errors: `secure-request-refused`, `secure-passphrase`, `secure-not-kept`; nothing was changed then. */
export async function issueCertificate(context: StepContext, label: string): Promise<void> {
  const { intent, world } = context;
  const { security } = intent;
  if (!security) throw new Error(`a certificate for ${label} without an authority`);
  // First what cannot be made again: a machine must never trust an authority that was lost with this process.
  await security.keep();
  const layout = engineLayouts[intent.topology.search.engine];
  const subject = certificateSubjectOf(machineNamed(intent, label));
  const { stdout } = await runScript(
    context,
    label,
    'make a key and a certificate request',
    requestScript(layout, subject),
  );
  const certificate = await security.issue(stdout, subject, world.clock.now());
  await runScript(context, label, 'put its certificate in place', certificateScript(layout, certificate));
}
