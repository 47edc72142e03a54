// Executes the steps on service machines.
import { servicePlace } from '../../machines/index.ts';
import { changeService } from './change-service.ts';
import { deleteObject } from './do-delete.ts';
import type { StepContext } from './step-context.ts';
import { takeOut } from './take-out.ts';
import { unpackAt } from './unpack-release.ts';
import type { ObjectToDelete } from '../plan/step.ts';

/** Unpacks and prepares the release; nothing is switched to it. */
export async function unpackRelease(context: StepContext, label: string): Promise<void> {
  const { release } = context.intent;
  await unpackAt(context, label, servicePlace, release, `the release ${release.id}`);
}

/** Starts a service that does not run, as the topology has it. */
export async function startService(context: StepContext, label: string): Promise<void> {
  await changeService(context, label, { release: context.intent.release.id, settings: true, serving: false });
}

/** Changes a service that runs, and restarts it, without a request to it. */
export async function changeRunningService(context: StepContext, label: string): Promise<void> {
  await changeService(context, label, { release: context.intent.release.id, settings: true, serving: true });
}

/** A machine that is removed permanently has no backends any more; one that is replaced keeps them, drained. */
export async function removeMachine(context: StepContext, object: ObjectToDelete): Promise<void> {
  await takeOut(context, object.label);
  await deleteObject(context.world, object);
  context.found.instances.delete(object.label);
}
