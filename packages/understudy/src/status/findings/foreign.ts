// Foreign indices: those that the topology does not name, the engine's own among them. They are reported and never
// assessed, since this system neither made them nor repairs them.
import { shown } from '@understudy/foundation';
import type { Block, UnassignedCopy } from '../../cluster/index.ts';
import type { ClusterView, Notice } from '../finding.ts';
import { engineRequest, inPath } from '../repair-command.ts';

export function foreignNotices(view: ClusterView): Notice[] {
  const { cluster, topology } = view;
  const unassigned = shown(cluster.unassigned) ?? [];
  const health = (shown(cluster.indices) ?? [])
    .filter(({ ours, status, closed }) => !ours && !closed && status !== 'green')
    .map(({ name, status, unassigned: count }) => {
      const own = unassigned.filter(({ index }) => index === name);
      const why = own.find(({ sentence }) => sentence !== undefined)?.sentence;
      const missing = `${count} of its copies ${count === 1 ? 'is' : 'are'} unassigned`;
      return {
        id: `foreign-index-${status}`,
        subject: name,
        reason: `The index ${name} is ${status}: ${missing}.${why === undefined ? '' : ` ${why}.`}`,
        repair: repairOf(view, name, own),
      };
    });
  const blocked = (shown(cluster.blocks) ?? []).flatMap((block) =>
    block.index === undefined || block.index === topology.search.index.name || block.closed
      ? []
      : [refusing(view, block)],
  );
  return [...health, ...blocked];
}

function repairOf({ machines }: ClusterView, name: string, copies: readonly UnassignedCopy[]): string {
  if (copies.some(({ givenUp }) => givenUp))
    return engineRequest(machines, { method: 'POST', path: '/_cluster/reroute?retry_failed=true&metric=none' });
  return `Whoever made ${name} has to say what it needs; this system does not touch it.`;
}

function refusing({ machines }: ClusterView, { index = '', setting, refuses, description }: Block): Notice {
  const path = `/${inPath(index)}/_settings`;
  return {
    id: 'foreign-index-blocked',
    subject: index,
    reason: `The index ${index} refuses ${refuses.join(', ')}: ${setting ?? description}.`,
    repair:
      setting === undefined
        ? `Whoever made ${index} has to say what it needs.`
        : engineRequest(machines, { method: 'PUT', path, body: { [setting]: null } }),
  };
}
