// Refuses to start or stop an engine that would not start again with the settings and keystore on its machine.
import { UnderstudyError } from '@understudy/foundation';
import { engineNamed } from '../../engines/index.ts';
import { runScript, type StepContext } from './step-context.ts';

/** Errors: `reconcile-engine-would-not-start`; `engines-start-unread` and `engines-settings-unreadable`, and then nothing is known. */
export async function refuseFailingStart(context: StepContext, label: string): Promise<void> {
  const { startCheck } = engineNamed(context.intent.topology.search.engine);
  const { stdout } = await runScript(context, label, 'read what the engine starts with', startCheck.script);
  const refusals = startCheck.refusals(stdout);
  if (refusals.length === 0) return;
  const sentences = refusals.map(({ setting, seen, allowed }) => `${setting}: seen ${seen}; allowed ${allowed}.`);
  throw new UnderstudyError(
    'reconcile-engine-would-not-start',
    `${label}: the engine would not start with what is on the machine, so it is neither started nor stopped. ` +
      `${sentences.join(' ')} Correct this on the machine, then run apply again.`,
    { facts: { label, refusals } },
  );
}
