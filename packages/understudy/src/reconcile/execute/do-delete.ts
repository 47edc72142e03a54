// Deletes one Linode object. An object that does not exist counts as deleted.
import { UnderstudyError, type Clock } from '@understudy/foundation';
import { isLinodeError, type LinodeClient } from '../../linode/index.ts';
import type { PinningRunner } from '../../machines/index.ts';
import { targetOf } from '../../observe/index.ts';
import type { ObjectToDelete } from '../plan/step.ts';

export interface DeletionMeans {
  readonly linode: LinodeClient;
  readonly runner: PinningRunner;
  readonly clock: Clock;
}

/** Linode refuses to delete firewalls, subnets and VPCs that are in use, and for a while after the last user was deleted. */
const releaseDeadlineMs = 120_000;

export async function deleteObject(means: DeletionMeans, object: ObjectToDelete): Promise<void> {
  const { clock } = means;
  const end = clock.monotonicMs() + releaseDeadlineMs;
  for (;;) {
    try {
      await remove(means, object);
      return;
    } catch (error) {
      if (isLinodeError(error, 'linode-not-found')) return;
      const inUse = isLinodeError(error, 'linode-invalid', 'linode-busy');
      if (!inUse || clock.monotonicMs() > end) throw error;
      await clock.sleep(2000);
    }
  }
}

async function remove({ linode, runner }: DeletionMeans, object: ObjectToDelete): Promise<void> {
  const { type, id, label, parents } = object;
  const parent = (depth: number): number => {
    const found = parents[depth];
    if (found === undefined) throw new UnderstudyError('reconcile-delete', `${type} ${label} has no parent id.`);
    return found;
  };
  switch (type) {
    case 'instance': {
      const instance = await linode.instances.get(id);
      await linode.instances.delete(id);
      await runner.forget(targetOf(instance).address);
      await linode.waitForStatus(id, ['gone'], { firstPauseMs: 500 });
      return;
    }
    case 'balancer':
      return linode.nodeBalancers.delete(id);
    case 'listener':
      return linode.nodeBalancers.configs.delete(parent(0), id);
    case 'backend':
      return linode.nodeBalancers.nodes.delete(parent(0), parent(1), id);
    case 'firewall':
      return linode.firewalls.delete(id);
    case 'placement-group':
      return linode.placementGroups.delete(id);
    case 'subnet':
      return linode.vpcs.subnets.delete(parent(0), id);
    case 'vpc':
      return linode.vpcs.delete(id);
  }
}
