// Executes the step that writes the accounts and roles of an engine that keeps them in an index.
import { writeAccounts as write } from '../../cluster/index.ts';
import { wantedAccounts } from '../../operation/index.ts';
import { engine, type StepContext } from './step-context.ts';

/** Reads them again first, and changes what differs. */
export async function writeAccounts(context: StepContext): Promise<void> {
  const wanted = wantedAccounts(context.intent);
  if (wanted === undefined) throw new Error('accounts for an engine that reads them from files');
  await write(engine(context).transport, wanted.objects, wanted.api);
}
