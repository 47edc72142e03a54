// The one decision that can lose data: when a new cluster may be formed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { contentHash, type DataDirectory, type ObservedMachine } from '../../src/machines/index.ts';
import { engineLayouts } from '../../src/engines/index.ts';
import { formationOf } from '../../src/reconcile/plan/formation.ts';
import { filesOf, machinesFor } from '../../src/operation/intent.ts';
import { absent, seen, unknown, type Seen } from '@understudy/foundation';
import type { Observation } from '../../src/observe/index.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';

const intent = await sampleIntent();
const layout = engineLayouts.elasticsearch;

type Hold = 'missing' | 'absent' | 'empty' | 'node-only' | 'unfinished' | 'data' | 'stray' | 'unread' | 'unseen';
const holdsOf: Partial<Record<Hold, DataDirectory['holds']>> = { empty: 'empty', 'node-only': 'node-only' };

function sight(hold: Hold, label: string): Seen<ObservedMachine> {
  if (hold === 'missing') return absent;
  if (hold === 'unseen') return unknown('no answer', 'machines-unreachable');
  const machine = machinesFor(intent).find((candidate) => candidate.label === label)!;
  const form = hold === 'unfinished' ? 'bootstrap' : 'formed';
  const { content } = filesOf(intent, machine, form).find(({ path }) => path === layout.configFile)!;
  const data: Seen<DataDirectory> =
    hold === 'unread'
      ? unknown('find ended with 1: Input/output error', 'machines-unreadable')
      : hold === 'absent'
        ? absent
        : seen({
            holds: holdsOf[hold] ?? 'cluster',
            clusterUuid: hold === 'stray' ? `own-${label}` : hold === 'data' ? 'ours' : undefined,
            indices: hold === 'data',
          });
  return seen<ObservedMachine>({
    files: {
      [layout.configFile]: seen({
        hash: contentHash(hold === 'stray' ? '# as packaged' : content),
        mode: '0660',
        owner: 'root:elasticsearch',
      }),
    },
    directories: { [layout.dataDirectory]: data },
    ...{ units: {}, sysctls: {}, packages: {}, records: {}, links: {}, disks: {}, readable: {}, locks: {} },
    ...{ dpkg: absent, cloudInit: absent, operatorAddress: absent },
  });
}

function observation(holds: readonly Hold[], cluster: Observation['cluster']): Observation {
  const labels = machinesFor(intent, 'search').map(({ label }) => label);
  const present = labels
    .map((label, index) => ({ label, hold: holds[index]! }))
    .filter(({ hold }) => hold !== 'missing');
  return {
    at: '2026-01-01T00:00:00Z',
    objects: {
      ...{ vpcs: [], vpcIps: [], firewalls: [], placementGroups: [], balancers: [] },
      instances: present.map(({ label }) => ({ label })) as never,
    },
    machines: Object.fromEntries(labels.map((label, index) => [label, sight(holds[index]!, label)])),
    cluster,
    certificates: {},
  };
}

const silent: Observation['cluster'] = unknown('nothing answered', 'cluster-unreachable');
const answering = (clusterUuid: string): Observation['cluster'] =>
  seen({
    ...{
      health: absent,
      shards: seen([]),
      allocation: seen('all'),
      versions: seen({}),
      template: absent,
      index: absent,
      ...{ ownIndex: absent, indices: seen([]), unassigned: seen([]), blocks: seen([]), leftovers: seen([]) },
      ...{ watermarks: absent, disks: seen([]), shardLimit: absent },
    },
    membership: seen({ clusterUuid, master: undefined, nodes: [], voting: [], votingExclusions: [] }),
  });

const rows: readonly [holds: readonly Hold[], cluster: Observation['cluster'], state: string][] = [
  [['missing', 'missing', 'missing'], silent, 'unformed'],
  [['empty', 'empty', 'empty'], silent, 'unformed'],
  [['empty', 'missing', 'empty'], silent, 'unformed'],
  [['unfinished', 'empty', 'missing'], silent, 'unformed'],
  [['unfinished', 'unfinished', 'unfinished'], answering('_na_'), 'unformed'],
  [['unfinished', 'unfinished', 'unfinished'], answering('a-uuid'), 'formed'],
  [['absent', 'node-only', 'empty'], silent, 'unformed'],
  [['node-only', 'data', 'empty'], silent, 'formed'],
  [['unread', 'empty', 'empty'], silent, 'unclear'],
  [['data', 'empty', 'missing'], silent, 'formed'],
  [['data', 'data', 'data'], silent, 'formed'],
  [['data', 'unseen', 'unseen'], silent, 'formed'],
  [['unseen', 'empty', 'empty'], silent, 'unclear'],
  [['unseen', 'missing', 'missing'], silent, 'unclear'],
  [['unfinished', 'unseen', 'empty'], silent, 'unclear'],
  [['unseen', 'unseen', 'empty'], answering('a-uuid'), 'formed'],
];

describe('whether a cluster may be formed', () => {
  for (const [holds, cluster, state] of rows) {
    const uuid =
      cluster.state === 'seen' &&
      cluster.value.membership.state === 'seen' &&
      cluster.value.membership.value.clusterUuid;
    const answer = uuid === false ? 'is silent' : `answers ${uuid}`;
    test(`${holds.join(', ')}; the cluster ${answer}: ${state}`, () => {
      assert.equal(formationOf(intent, observation(holds, cluster)).state, state);
    });
  }
});

/** An engine started once before its settings came; which of the machines are found out. */
const strayRows: readonly [holds: readonly Hold[], cluster: Observation['cluster'], state: string, strays: number][] = [
  [['stray', 'empty', 'missing'], silent, 'unformed', 1],
  [['stray', 'stray', 'stray'], silent, 'unformed', 3],
  [['stray', 'data', 'data'], silent, 'formed', 1],
  [['stray', 'data', 'data'], answering('ours'), 'formed', 1],
  [['stray', 'data', 'data'], answering('own-demo-search-1'), 'formed', 0],
  // While one of them is unseen, none is called so, and nothing may be formed beside what it may be.
  [['stray', 'unseen', 'empty'], silent, 'formed', 0],
];

describe('a machine whose engine made a cluster of its own', () => {
  for (const [holds, cluster, state, strays] of strayRows) {
    test(`${holds.join(', ')}: ${state}, ${strays} to be set aside`, () => {
      const formation = formationOf(intent, observation(holds, cluster));
      assert.equal(formation.state, state);
      assert.equal(formation.strays.size, strays);
    });
  }
});
