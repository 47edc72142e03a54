// Executes the step that writes the accounts and roles of an engine that keeps them in an index.
import { differingAccounts, putAccount, storedAccounts } from '../../cluster/index.ts';
import { wantedAccounts } from '../../operation/index.ts';
import { engine, type StepContext } from './step-context.ts';

/** Reads them again first, and writes those that differ; the account that writes comes last. */
export async function writeAccounts(context: StepContext): Promise<void> {
  const wanted = wantedAccounts(context.intent);
  if (wanted === undefined) throw new Error('accounts for an engine that reads them from files');
  const { transport } = engine(context);
  const stored = await storedAccounts(transport, wanted.api);
  for (const object of differingAccounts(stored, wanted.objects, wanted.api)) await putAccount(transport, object);
}
