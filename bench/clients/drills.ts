// The faults: the catalogue's `search-*` drills as far as one host can make them, and a slow node. A drill injects, holds, undoes,
// and waits until the cluster is complete again; what users observed is judged elsewhere.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cut } from '../../packages/understudy/src/drills/index.ts';
import type { EngineCluster } from './cluster.ts';
import { hostNow } from './records.ts';
import type { Relay } from './relay.ts';

export interface Layout {
  readonly master: number;
  readonly copies: readonly { readonly primary: number; readonly replica: number }[];
}

/** Moments of a run, on the clock of the host. */
export interface FaultTimes {
  faultMs: number;
  /** The fault itself has ended: from here on the system recovers. */
  undoneMs: number;
  /** When a node was a member again. */
  readonly returned: { readonly node: number; readonly atMs: number }[];
}

export interface Stage {
  readonly cluster: EngineCluster;
  readonly layout: Layout;
  /** Before each node, in the drills that are `relayed`. */
  readonly relays: readonly Relay[];
  readonly marks: FaultTimes;
}

export interface Drill {
  readonly name: string;
  readonly summary: string;
  /** Nodes that the fault affects; a shard without a copy there is healthy. */
  targets(layout: Layout): readonly number[];
  /** Users reach the engines through relays. */
  readonly relayed?: boolean;
  /** Steady time before the fault; 6 s. */
  readonly steadyMs?: number;
  run(stage: Stage, targets: readonly number[]): Promise<void>;
}

const steadyAgainMs = 4000;
const deadMs = 8000;
const cutMs = 30_000;

const allMachines = (): readonly number[] => [0, 1, 2];
const masterOnly = ({ master }: Layout): readonly number[] => [master];
/** A node that holds a primary and is not the master. */
const onePrimaryHolder = ({ master, copies }: Layout): readonly number[] => [
  copies.find(({ primary }) => primary !== master)?.primary ?? (master + 1) % 3,
];

async function returned({ cluster, marks }: Stage, nodes: readonly number[]): Promise<void> {
  await Promise.all(
    nodes.map(async (node) => {
      await cluster.waitForRejoin(node);
      marks.returned.push({ node, atMs: hostNow() });
    }),
  );
  await cluster.waitFor(3);
  await sleep(steadyAgainMs);
}

/** Ends the engines of the targets and starts them again a while later. */
function ending(how: (stage: Stage, node: number) => Promise<void>, downMs = deadMs): Drill['run'] {
  return async (stage, targets) => {
    stage.marks.faultMs = hostNow();
    await Promise.all(targets.map((node) => how(stage, node)));
    await sleep(downMs);
    stage.marks.undoneMs = hostNow();
    for (const node of targets) {
      if (!stage.cluster.machines[node]?.powered) await stage.cluster.machines[node]?.attachMachine();
      stage.cluster.startNode(node);
    }
    await returned(stage, targets);
  };
}

const kill = ({ cluster }: Stage, node: number): Promise<void> => cluster.stopNode(node, 'SIGKILL');
const stop = ({ cluster }: Stage, node: number): Promise<void> => cluster.stopNode(node, 'SIGTERM');
const powerCut = ({ cluster }: Stage, node: number): Promise<void> => cluster.cutPower(node);

/** Cuts the first target from `peersOf` it. Users still reach it. */
function cutting(
  cut: Pick<Cut, 'direction' | 'percent'>,
  peersOf: (layout: Layout, node: number) => readonly number[],
): Drill['run'] {
  return async (stage, targets) => {
    const { cluster, layout, marks } = stage;
    const node = targets[0] as number;
    const peers = peersOf(layout, node).map((peer) => cluster.machines[peer]?.address ?? '');
    marks.faultMs = hostNow();
    cluster.machines[node]?.cut({ ...cut, peers });
    await sleep(cutMs);
    cluster.machines[node]?.removeCuts();
    marks.undoneMs = hostNow();
    await returned(stage, [node]);
  };
}

const others = (_: Layout, node: number): readonly number[] => allMachines().filter((one) => one !== node);
const anotherPrimaryHolder = ({ master }: Layout, node: number): readonly number[] =>
  allMachines().filter((one) => one !== node && one !== master);

async function freeze(stage: Stage, targets: readonly number[]): Promise<void> {
  const { cluster, marks } = stage;
  const node = targets[0] as number;
  marks.faultMs = hostNow();
  cluster.signal(node, 'SIGSTOP');
  await sleep(45_000);
  cluster.signal(node, 'SIGCONT');
  marks.undoneMs = hostNow();
  await returned(stage, [node]);
}

/** As the product does planned work; the master goes last. */
async function restartInTurn({ cluster, layout, marks }: Stage): Promise<void> {
  marks.faultMs = hostNow();
  for (const node of [...others(layout, layout.master), layout.master]) {
    await cluster.restartNode(node, () => marks.returned.push({ node, atMs: hostNow() }));
  }
  marks.undoneMs = hostNow();
  await sleep(steadyAgainMs);
}

async function slow({ relays, marks }: Stage, targets: readonly number[]): Promise<void> {
  const relay = relays[targets[0] as number] as Relay;
  marks.faultMs = hostNow();
  relay.delayMs = 1000;
  await sleep(cutMs);
  relay.delayMs = 0;
  marks.undoneMs = hostNow();
}

const waitUntilGreen = { percent: 100 } as const;

export const drills: readonly Drill[] = [
  { name: 'search-stop', summary: 'a data node is stopped gracefully', targets: onePrimaryHolder, run: ending(stop) },
  { name: 'search-kill-master', summary: 'the elected master is killed', targets: masterOnly, run: ending(kill) },
  {
    name: 'search-kill-data',
    summary: 'a node with primaries is killed',
    targets: onePrimaryHolder,
    run: ending(kill),
  },
  { name: 'search-pause', summary: 'the elected master hangs for 45 s', targets: masterOnly, run: freeze },
  {
    name: 'search-power-cut',
    summary: "the power of the master's machine is cut: no FIN, no RST",
    targets: masterOnly,
    run: ending(powerCut, 15_000),
  },
  {
    name: 'search-partition',
    summary: 'the master cannot reach the other nodes for 30 s; users reach it',
    targets: masterOnly,
    run: cutting({ ...waitUntilGreen, direction: 'both' }, others),
  },
  {
    name: 'search-one-way-in',
    summary: 'a data node receives nothing from the others for 30 s',
    targets: onePrimaryHolder,
    run: cutting({ ...waitUntilGreen, direction: 'in' }, others),
  },
  {
    name: 'search-one-way-out',
    summary: 'the others receive nothing from a data node for 30 s',
    targets: onePrimaryHolder,
    run: cutting({ ...waitUntilGreen, direction: 'out' }, others),
  },
  {
    name: 'search-bridge',
    summary: 'the two data nodes cannot reach each other for 30 s; both reach the master',
    targets: (layout) => [
      ...onePrimaryHolder(layout),
      ...anotherPrimaryHolder(layout, onePrimaryHolder(layout)[0] as number),
    ],
    run: cutting({ ...waitUntilGreen, direction: 'both' }, anotherPrimaryHolder),
  },
  {
    name: 'search-loss',
    summary: '5 % of the packets between the master and the others are dropped for 30 s',
    targets: masterOnly,
    run: cutting({ percent: 5, direction: 'both' }, others),
  },
  { name: 'search-rolling-restart', summary: 'every node restarted in turn', targets: allMachines, run: restartInTurn },
  {
    name: 'search-quorum-loss',
    summary: 'the master and another node are killed for 15 s',
    targets: ({ master }) => [master, (master + 1) % 3],
    run: ending(kill, 15_000),
  },
  {
    name: 'search-power-loss-all',
    summary: 'the power of every node is cut for 15 s',
    targets: allMachines,
    run: ending(powerCut, 15_000),
  },
  {
    name: 'slow-node',
    summary: 'answers of one node of three reach the users 1 s late for 30 s',
    targets: onePrimaryHolder,
    relayed: true,
    steadyMs: 20_000,
    run: slow,
  },
];
