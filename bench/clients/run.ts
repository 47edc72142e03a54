// One run: a fresh index, the users of one contender in a process of their own, one drill, and what they observed.
import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { floorMod, routingHash } from '../../packages/client/src/gather/murmur3.ts';
import { figuresOf, type Figures } from './analysis.ts';
import type { EngineCluster } from './cluster.ts';
import { startApplication, type Application } from './applications.ts';
import { index, isApplication, shards, wordOfEachShard, type ContenderName } from './contenders.ts';
import type { Drill, Layout, FaultTimes, Stage } from './drills.ts';
import { hostNow, type Lane, type UsersReport, type UsersSpec } from './records.ts';
import { Relay } from './relay.ts';

/** A user waits this long for an answer, with every client. */
const timeoutMs = 30_000;
const readIdsPerShard = 100;
const writeIdsPerShard = 3000;

const everyShard = [0, 1, 2] as const;
/** 60 requests a second unless the user of the bench says another number: writes, gets and searches of each shard, and searches over all. */
const lanes: readonly Lane[] = [
  ...everyShard.map((shard): Lane => ({ kind: 'write', shard, perSecond: 10 })),
  ...everyShard.map((shard): Lane => ({ kind: 'get', shard, perSecond: 5 })),
  ...everyShard.map((shard): Lane => ({ kind: 'search', shard, perSecond: 4 })),
  { kind: 'search', shard: null, perSecond: 3 },
];
const lanesPerSecond = lanes.reduce((sum, { perSecond }) => sum + perSecond, 0);

/** An application has one read, a search of every shard: the schedule is the same, and no read is of one shard. */
function lanesOf(client: ContenderName, perSecond: number): readonly Lane[] {
  const share = perSecond / lanesPerSecond;
  const scaled = lanes.map((lane) => ({ ...lane, perSecond: lane.perSecond * share }));
  return isApplication(client)
    ? scaled.map((lane) => (lane.kind === 'write' ? lane : { ...lane, kind: 'search', shard: null }))
    : scaled;
}

export interface RunSpec {
  readonly drill: Drill;
  readonly client: ContenderName;
  /** Requests of users. */
  readonly perSecond: number;
  /** For the outputs of an application's processes. */
  readonly folder: string;
  readonly infinilabs: string | undefined;
  readonly seed: number;
  readonly say: (text: string) => void;
}

/** The first `count` ids with a prefix that fall into each shard. */
function idsByShard(prefix: string, count: number): string[][] {
  const ids: string[][] = everyShard.map(() => []);
  for (let n = 0; ids.some((some) => some.length < count); n++) {
    const some = ids[floorMod(routingHash(`${prefix}${n}`), shards)];
    if (some && some.length < count) some.push(`${prefix}${n}`);
  }
  return ids;
}

const readIds = idsByShard('r', readIdsPerShard);
const writeIds = idsByShard('w', writeIdsPerShard);

/** A fresh index on which each node holds one primary, so that the fault hits the same shards in every run. */
async function freshIndex(cluster: EngineCluster): Promise<Layout> {
  for (let attempt = 0; attempt < 5; attempt++) {
    await cluster.ask(`/${index}?ignore_unavailable=true`, 'DELETE');
    await cluster.ask(`/${index}`, 'PUT', { settings: { number_of_shards: shards, number_of_replicas: 1 } });
    await cluster.waitFor(3);
    const layout = { master: await cluster.master(), copies: await cluster.copies(index) };
    const primaries = new Set(layout.copies.map(({ primary }) => primary));
    if (primaries.size < shards) continue;
    const lines = readIds.flatMap((ids) =>
      ids.map((_id, n) => {
        const document = { n: 0, text: 'word', content: n === 0 ? `word ${wordOfEachShard}` : 'word' };
        return `${JSON.stringify({ index: { _id } })}\n${JSON.stringify(document)}\n`;
      }),
    );
    await cluster.ask(`/${index}/_bulk?refresh=true`, 'POST', lines.join(''));
    await checkRouting(cluster);
    return layout;
  }
  throw new Error('The engine did not put one primary on each node in five attempts.');
}

/** Lanes belong to shards by the engine's routing, which is computed here: a mistake would blame the wrong shard. */
async function checkRouting(cluster: EngineCluster): Promise<void> {
  for (const [shard, ids] of readIds.entries()) {
    const answer = (await cluster.ask(`/${index}/_search_shards?routing=${ids[0] ?? ''}`)) as {
      shards: { shard: number }[][];
    };
    const seen = answer.shards[0]?.[0]?.shard;
    if (seen !== shard) throw new Error(`The engine keeps ${ids[0] ?? ''} in shard ${seen ?? 'none'}, not ${shard}.`);
  }
}

/** The process of the users, from its warm-up to its report. */
class Users {
  readonly ready: Promise<void>;
  readonly #process: ChildProcess;
  readonly #report: Promise<UsersReport>;

  constructor(spec: UsersSpec, say: (text: string) => void) {
    const file = fileURLToPath(new URL('./users.ts', import.meta.url));
    this.#process = fork(file, [JSON.stringify(spec)], { execArgv: ['--conditions=understudy-source'] });
    const ended = new Promise<never>((_, reject) => {
      this.#process.once('exit', (code) => reject(new Error(`The users of ${spec.client} ended early: ${code ?? ''}`)));
    });
    ended.catch(() => undefined);
    type Message = { readonly ready?: true; readonly report?: UsersReport; readonly said?: string };
    const received = <R>(take: (message: Message) => R | undefined): Promise<R> =>
      Promise.race([
        ended,
        new Promise<R>((resolve) => {
          this.#process.on('message', (message) => {
            const taken = take(message as Message);
            if (taken !== undefined) resolve(taken);
          });
        }),
      ]);
    this.ready = received(({ ready }) => ready).then(() => undefined);
    this.#report = received(({ report }) => report);
    this.#report.catch(() => undefined);
    this.#process.on('message', ({ said }: Message) => {
      if (said !== undefined) say(said);
    });
  }

  start(): void {
    this.#process.send('start');
  }

  /** Ends the schedule, and waits until the last request has an answer or has timed out. */
  stop(): Promise<UsersReport> {
    this.#process.send('stop');
    return this.#report;
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

export async function runDrill(cluster: EngineCluster, run: RunSpec): Promise<Figures> {
  const { drill, client, seed, say } = run;
  await cluster.restore();
  const layout = await freshIndex(cluster);
  const relays = drill.relayed === true ? await Promise.all(cluster.urls.map((url) => Relay.before(url))) : [];
  const engines = relays.length > 0 ? relays.map(({ url }) => url) : cluster.urls;
  const targets = drill.targets(layout);
  const affected = ({ primary, replica }: Layout['copies'][number]): boolean =>
    targets.includes(primary) || targets.includes(replica);
  const healthyShards = [...layout.copies.keys()].filter(
    (shard) => !affected(layout.copies[shard] as Layout['copies'][number]),
  );
  const startedMs = hostNow();
  const sayWhen = (text: string): void => say(`${((hostNow() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  const served = isApplication(client);
  const scheduled = lanesOf(client, run.perSecond);
  let servers: Application | undefined;
  let users: Users | undefined;
  try {
    if (served) servers = await startApplication({ ...run, name: client, engines, faultAt: targets[0] ?? 0 });
    const nodes = servers?.urls ?? engines;
    users = new Users({ client, nodes, index, lanes: scheduled, readIds, writeIds, seed, timeoutMs }, sayWhen);
    await users.ready;
    users.start();
    await sleep(drill.steadyMs ?? 6000);
    const marks: FaultTimes = { faultMs: hostNow(), undoneMs: hostNow(), returned: [] };
    const stage: Stage = { cluster, layout, relays, marks };
    sayWhen(
      `master n${layout.master + 1}, copies ${sayCopies(layout)}; fault at ${targets.map((at) => `n${at + 1}`).join(', ')}`,
    );
    await drill.run(stage, targets);
    const report = await users.stop();
    const lost = await lostWrites(cluster, report.acknowledgedIds);
    return figuresOf({ lanes: scheduled, marks, healthyShards, report, seesEngines: !served, lost });
  } finally {
    users?.kill();
    await servers?.stop();
    for (const relay of relays) relay.close();
  }
}

function sayCopies({ copies }: Layout): string {
  return copies.map(({ primary, replica }, shard) => `${shard}:n${primary + 1}/n${replica + 1}`).join(' ');
}

async function lostWrites(cluster: EngineCluster, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const { docs } = (await cluster.ask(`/${index}/_mget?_source=false`, 'POST', { ids })) as {
    docs: { found?: boolean }[];
  };
  return docs.filter(({ found }) => found !== true).length;
}
