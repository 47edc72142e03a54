// Executes the step that puts the callers' keys and the secrets of service machines on one of them. It is done when the running service has them.
import { putKeysExits } from '../../machines/index.ts';
import { keyDelivery, machineNamed, serviceKeyTextOf } from '../../operation/index.ts';
import { needed } from './found.ts';
import { machineTarget, succeeded, type StepContext } from './step-context.ts';

/** A service that does not run, or runs without keys until it is changed, reads them when it starts. */
export async function writeServiceKeys(context: StepContext, label: string): Promise<void> {
  const { intent, world } = context;
  const keys = needed(intent.serviceKeys, 'the keys of the service');
  const text = needed(serviceKeyTextOf(intent), 'the list of keys');
  // First what cannot be made again: a machine must never have keys that are lost with this process.
  await keys.keep();
  const { toolKey, peerSecrets } = keys;
  const delivery = keyDelivery(intent.topology, machineNamed(intent, label), {
    ...{ text, toolKey, peerSecrets, replaces: 'notLater' },
  });
  const result = await world.runner.run(machineTarget(context, label), ['sh', '-s'], delivery);
  const isLater = result.code === putKeysExits.stopped || result.code === putKeysExits.withoutKeys;
  succeeded(isLater ? { ...result, code: 0 } : result, label, 'see its keys in the running service');
}
