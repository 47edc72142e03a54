// A whole observation of a well system, and changes of one thing of it.
import assert from 'node:assert/strict';
import { seen as saw, unknown } from '@understudy/foundation';
import type { ObservedMachine } from '../../src/machines/index.ts';
import { apply, confirmAll } from '../../src/reconcile/index.ts';
import { observe, type Observation, type OwnIndex } from '../../src/observe/index.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';

export const intent = await sampleIntent();
export const { topology } = intent;

/** Taken once. */
export const well = await (async () => {
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, { confirm: confirmAll });
  return await observe(sim.world, topology);
})();

export type Change = (seen: Observation) => Observation;

export const cluster =
  (change: object): Change =>
  (seen) => {
    assert.ok(seen.cluster.state === 'seen');
    return { ...seen, cluster: saw({ ...seen.cluster.value, ...change }) };
  };
export const health =
  (change: object): Change =>
  (seen) => {
    assert.ok(seen.cluster.state === 'seen' && seen.cluster.value.health.state === 'seen');
    return cluster({ health: saw({ ...seen.cluster.value.health.value, ...change }) })(seen);
  };
/** Parts of the topology's first index. */
export const ownIndex =
  (change: Partial<OwnIndex>): Change =>
  (seen) => {
    assert.ok(seen.cluster.state === 'seen');
    const [index, ...others] = seen.cluster.value.own;
    assert.ok(index);
    return cluster({ own: [{ ...index, ...change }, ...others] })(seen);
  };
/** The topology's own index, in the cluster's own health too. */
export const own =
  (status: 'yellow' | 'red', unassigned: number): Change =>
  (seen) => {
    const condition = seen.cluster.state === 'seen' ? seen.cluster.value.own[0]?.condition : undefined;
    assert.ok(condition?.state === 'seen');
    const changed = saw({ ...condition.value, status, unassigned });
    return both(health({ status, unassigned_shards: unassigned }), ownIndex({ condition: changed }))(seen);
  };
/** One part of what a machine says of itself. */
export const machine =
  (label: string, change: (machine: ObservedMachine) => object): Change =>
  (seen) => {
    const sight = seen.machines[label];
    assert.ok(sight?.state === 'seen');
    return { ...seen, machines: { ...seen.machines, [label]: saw({ ...sight.value, ...change(sight.value) }) } };
  };
export const disk =
  (label: string, path: string, use: object): Change =>
  (seen) =>
    machine(label, ({ disks }) => {
      const at = disks[path];
      assert.ok(at?.state === 'seen');
      return { disks: { ...disks, [path]: saw({ ...at.value, ...use }) } };
    })(seen);
export const engineUnit = (label: string, change: object): Change =>
  machine(label, ({ units }) => {
    const unit = units['elasticsearch.service'];
    assert.ok(unit?.state === 'seen');
    return { units: { ...units, 'elasticsearch.service': saw({ ...unit.value, ...change }) } };
  });
export const dpkg = (...unfinished: string[]): Change =>
  machine('demo-search-1', () => ({ dpkg: saw({ interrupted: true, unfinished }) }));
export const days = (count: number): string => new Date(Date.parse(well.at) + count * 86_400_000).toISOString();
export const certificate =
  (notAfter: string): Change =>
  (seen) => ({ ...seen, certificates: { 443: saw({ notAfter }) } });
export const silent: Change = (seen) => ({ ...seen, cluster: unknown('no node answered', 'cluster-unreachable') });
export const unreached =
  (...labels: string[]): Change =>
  (seen) => ({
    ...seen,
    machines: {
      ...seen.machines,
      ...Object.fromEntries(labels.map((label) => [label, unknown('x', 'machines-unreachable')])),
    },
  });
export const instances =
  (status: string, ...labels: string[]): Change =>
  (seen) => ({
    ...seen,
    objects: {
      ...seen.objects,
      instances: seen.objects.instances.map((one) => (labels.includes(one.label) ? { ...one, status } : one)),
    },
  });
export const nodes =
  (change: (label: string) => object): Change =>
  (seen) => ({
    ...seen,
    objects: {
      ...seen.objects,
      balancers: seen.objects.balancers.map((one) => ({
        ...one,
        configs: one.configs.map(({ config, nodes: all }) => ({
          config,
          nodes: all.map((node) => ({ ...node, ...change(node.label) })),
        })),
      })),
    },
  });
export const both =
  (...changes: Change[]): Change =>
  (seen) =>
    changes.reduce((so, change) => change(so), seen);
export const searchLabels = ['demo-search-1', 'demo-search-2', 'demo-search-3'];
