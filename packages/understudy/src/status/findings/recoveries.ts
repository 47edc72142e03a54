// Recoveries that do not begin: seen with OpenSearch after a lost quorum, when the source of a recovery does not know its target and the
// target asks again without an end. https://github.com/opensearch-project/OpenSearch/issues/20177
import { shown } from '@understudy/foundation';
import { commandOnMachine } from '../repair-command.ts';
import type { ClusterView, Finding } from '../finding.ts';
import { unitOf } from './machines.ts';

/** A recovery leaves its first stage within seconds; an engine that has just been started on a busy machine may need longer. */
const notBegunAfterMs = 120_000;

export function recoveryFindings({ cluster, machines, topology, subject }: ClusterView): Finding[] {
  const waiting = (shown(cluster.recoveries) ?? []).filter(({ waitsMs }) => waitsMs >= notBegunAfterMs);
  return [...Map.groupBy(waiting, ({ source }) => source)].map(([source, copies]) => {
    const names = copies.map(({ index, shard, target }) => `${index}[${shard}] to ${target}`).join(', ');
    const seconds = Math.round(Math.max(...copies.map(({ waitsMs }) => waitsMs)) / 1000);
    const machine = machines.find(({ name }) => name === source);
    const repair = `Restart the engine of ${source}; shards without another copy do not answer meanwhile`;
    return {
      id: 'recovery-not-begun',
      verdict: 'degraded',
      subject: machine ? source : subject,
      reason: `${source} sends nothing for the recovery of ${names}, which is in its first stage for up to ${seconds} s.`,
      effect: `Nothing yet; the loss of ${source} would leave these shards with a copy fewer, or none.`,
      repair: machine
        ? `${repair}: ${commandOnMachine(machine, ['systemctl', 'restart', unitOf(topology, 'search')])}`
        : `${repair}.`,
    };
  });
}
