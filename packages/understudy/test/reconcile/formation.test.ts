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

type Contents = 'missing' | 'absent' | 'empty' | 'node-only' | 'unfinished' | 'data' | 'separate' | 'unread' | 'unseen';
const holdsOf: Partial<Record<Contents, DataDirectory['holds']>> = { empty: 'empty', 'node-only': 'node-only' };

function observedMachine(state: Contents, label: string): Seen<ObservedMachine> {
  if (state === 'missing') return absent;
  if (state === 'unseen') return unknown('no answer', 'machines-unreachable');
  const machine = machinesFor(intent).find((candidate) => candidate.label === label)!;
  const form = state === 'unfinished' ? 'bootstrap' : 'formed';
  const { content } = filesOf(intent, machine, form).find(({ path }) => path === layout.configFile)!;
  const data: Seen<DataDirectory> =
    state === 'unread'
      ? unknown('find ended with 1: Input/output error', 'machines-unreadable')
      : state === 'absent'
        ? absent
        : seen({
            holds: holdsOf[state] ?? 'cluster',
            clusterUuid: state === 'separate' ? `own-${label}` : state === 'data' ? 'ours' : undefined,
            indices: state === 'data',
          });
  return seen<ObservedMachine>({
    files: {
      [layout.configFile]: seen({
        hash: contentHash(state === 'separate' ? '# as packaged' : content),
        mode: '0660',
        owner: 'root:elasticsearch',
      }),
    },
    directories: { [layout.dataDirectory]: data },
    ...{
      units: {},
      sysctls: {},
      packages: {},
      records: {},
      assignments: {},
      links: {},
      disks: {},
      readable: {},
      locks: {},
      health: {},
    },
    ...{ dpkg: absent, cloudInit: absent, swap: absent, clockIsSynchronized: absent },
    ...{ timeMs: absent, operatorAddress: absent },
  });
}

function observation(holds: readonly Contents[], cluster: Observation['cluster']): Observation {
  const labels = machinesFor(intent, 'search').map(({ label }) => label);
  const present = labels
    .map((label, index) => ({ label, state: holds[index]! }))
    .filter(({ state }) => state !== 'missing');
  return {
    at: '2026-01-01T00:00:00Z',
    objects: {
      ...{ vpcs: [], vpcIps: [], firewalls: [], placementGroups: [], balancers: [] },
      instances: present.map(({ label }) => ({ label })) as never,
    },
    machines: Object.fromEntries(labels.map((label, index) => [label, observedMachine(holds[index]!, label)])),
    clocksAheadMs: {},
    cluster,
    certificates: {},
  };
}

const unreachable: Observation['cluster'] = unknown('nothing answered', 'cluster-unreachable');
const answering = (clusterUuid: string): Observation['cluster'] =>
  seen({
    ...{
      health: absent,
      shards: seen([]),
      allocation: seen('all'),
      accounts: absent,
      versions: seen({}),
      own: [],
      ...{ indices: seen([]), unassigned: seen([]), recoveries: seen([]), blocks: seen([]), leftovers: seen([]) },
      ...{ watermarks: absent, disks: seen([]), shardLimit: absent },
    },
    membership: seen({ clusterUuid, master: undefined, nodes: [], voting: [], votingExclusions: [] }),
  });

const rows: readonly [holds: readonly Contents[], cluster: Observation['cluster'], state: string][] = [
  [['missing', 'missing', 'missing'], unreachable, 'unformed'],
  [['empty', 'empty', 'empty'], unreachable, 'unformed'],
  [['empty', 'missing', 'empty'], unreachable, 'unformed'],
  [['unfinished', 'empty', 'missing'], unreachable, 'unformed'],
  [['unfinished', 'unfinished', 'unfinished'], answering('_na_'), 'unformed'],
  [['unfinished', 'unfinished', 'unfinished'], answering('a-uuid'), 'formed'],
  [['absent', 'node-only', 'empty'], unreachable, 'unformed'],
  [['node-only', 'data', 'empty'], unreachable, 'formed'],
  [['unread', 'empty', 'empty'], unreachable, 'unclear'],
  [['data', 'empty', 'missing'], unreachable, 'formed'],
  [['data', 'data', 'data'], unreachable, 'formed'],
  [['data', 'unseen', 'unseen'], unreachable, 'formed'],
  [['unseen', 'empty', 'empty'], unreachable, 'unclear'],
  [['unseen', 'missing', 'missing'], unreachable, 'unclear'],
  [['unfinished', 'unseen', 'empty'], unreachable, 'unclear'],
  [['unseen', 'unseen', 'empty'], answering('a-uuid'), 'formed'],
];

describe('whether a cluster may be formed', () => {
  for (const [holds, cluster, state] of rows) {
    const uuid =
      cluster.state === 'seen' &&
      cluster.value.membership.state === 'seen' &&
      cluster.value.membership.value.clusterUuid;
    const answer = uuid === false ? 'is unreachable' : `answers ${uuid}`;
    test(`${holds.join(', ')}; the cluster ${answer}: ${state}`, () => {
      assert.equal(formationOf(intent, observation(holds, cluster)).state, state);
    });
  }
});

/** An engine that was started before its settings were written; the number of machines that are recognised. */
const separateRows: readonly [
  holds: readonly Contents[],
  cluster: Observation['cluster'],
  state: string,
  separate: number,
][] = [
  [['separate', 'empty', 'missing'], unreachable, 'unformed', 1],
  [['separate', 'separate', 'separate'], unreachable, 'unformed', 3],
  [['separate', 'data', 'data'], unreachable, 'formed', 1],
  [['separate', 'data', 'data'], answering('ours'), 'formed', 1],
  [['separate', 'data', 'data'], answering('own-demo-search-1'), 'formed', 0],
  // While one machine is unread, none is recognised, and no cluster may be formed.
  [['separate', 'unseen', 'empty'], unreachable, 'formed', 0],
];

describe('a machine whose engine formed a separate cluster', () => {
  for (const [holds, cluster, state, separate] of separateRows) {
    test(`${holds.join(', ')}: ${state}, ${separate} to be set aside`, () => {
      const formation = formationOf(intent, observation(holds, cluster));
      assert.equal(formation.state, state);
      assert.equal(formation.separate.size, separate);
    });
  }
});
