// Foreign indices: those that the topology does not name, the engine's own among them. They are reported and never
// assessed, since this system neither made them nor repairs them.
import { shown } from '@understudy/foundation';
import type { Block, UnassignedCopy } from '../../cluster/index.ts';
import type { ClusterView, Notice } from '../finding.ts';
import { engineRequest, inPath } from '../repair-command.ts';

export function foreignNotices(view: ClusterView): Notice[] {
  const { cluster, topology } = view;
  const names = topology.search.indices.map(({ name }) => name);
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
    block.index === undefined || names.includes(block.index) || block.closed ? [] : [refusing(view, block)],
  );
  return [...health, ...blocked];
}

function repairOf(view: ClusterView, name: string, copies: readonly UnassignedCopy[]): string {
  if (copies.some(({ givenUp }) => givenUp))
    return engineRequest(view, { method: 'POST', path: '/_cluster/reroute?retry_failed=true&metric=none' });
  return `The owner of ${name} has to repair it; this system does not change it.`;
}

function refusing(view: ClusterView, { index = '', setting, refuses, description }: Block): Notice {
  const path = `/${inPath(index)}/_settings`;
  return {
    id: 'foreign-index-blocked',
    subject: index,
    reason: `The index ${index} refuses ${refuses.join(', ')}: ${setting ?? description}.`,
    repair:
      setting === undefined
        ? `The owner of ${index} has to repair it.`
        : engineRequest(view, { method: 'PUT', path, body: { [setting]: null } }),
  };
}
