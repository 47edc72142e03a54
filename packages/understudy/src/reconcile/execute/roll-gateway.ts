// The gateways outside of a plan: a restart on one machine after the other, and whether each machine has one before an application is
// pointed at it.
import { shown, UnderstudyError } from '@understudy/foundation';
import { gatewayUnit, partOf } from '../../machines/index.ts';
import { observe, type Observation, type World } from '../../observe/index.ts';
import { machinesFor, type Intent } from '../../operation/index.ts';
import { restartGateway } from './do-gateway.ts';
import { Found } from './found.ts';
import { ReleaseArchive } from './release-archive.ts';

/** Error: `reconcile-gateway-missing` when the topology has the gateway on and it does not run on one of the machines. */
export function assertGatewayRuns({ topology }: Intent, { machines }: Observation, labels: readonly string[]): void {
  if (topology.service.gateway === 'off') return;
  const missing = labels.filter((label) => {
    const seen = machines[label];
    return seen?.state !== 'seen' || shown(partOf(seen.value.units, gatewayUnit))?.active !== 'active';
  });
  if (missing.length === 0) return;
  throw new UnderstudyError(
    'reconcile-gateway-missing',
    `The gateway (service.gateway) does not run on ${missing.join(', ')}, so nothing was changed. Start it first: understudy apply.`,
    { facts: { missing } },
  );
}

/**
 * Restarts the gateway on one service machine after the other; requests of the applications wait meanwhile. Errors:
 * `reconcile-gateway-missing` when it does not run everywhere, `reconcile-gateway-start` when it does not serve afterwards; then the
 * later machines are not touched.
 */
export async function restartGateways(world: World, intent: Intent, signal?: AbortSignal): Promise<void> {
  await using archive = new ReleaseArchive(intent.release);
  const observation = await observe(world, intent.topology);
  const labels = machinesFor(intent, 'service').map(({ label }) => label);
  assertGatewayRuns(intent, observation, labels);
  const found = new Found(observation.objects, intent.topology);
  for (const label of labels) {
    signal?.throwIfAborted();
    world.logger({ level: 'info', subject: label, text: 'restart of the gateway: the operator asked for it.' });
    await restartGateway({ world, intent, found, archive, ...(signal ? { signal } : {}) }, label);
  }
}
