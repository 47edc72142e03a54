// A status whose cluster is real, and whose printed commands are followed. Machines and Linode's objects are of the simulation.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { carryOut } from '../../src/reconcile/execute/carry-out.ts';
import { Found } from '../../src/reconcile/execute/found.ts';
import { plan } from '../../src/reconcile/index.ts';
import { ReleaseArchive } from '../../src/reconcile/execute/release-archive.ts';
import { assessHealth, type Status } from '../../src/status/index.ts';
import { observeCluster, type Observation } from '../../src/observe/index.ts';
import { RealCluster } from '../cluster/real-cluster.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';
import { intent, searchLabels, topology, well } from './changes.ts';

const run = promisify(execFile);

/** As SSH does it: the words after the host become one line for a shell there. Here the engine's port is another. */
const sshInPlace = (port: string): string => `#!/bin/sh
shift
line=$(printf '%s' "$*" | sed 's|http://10\\.20\\.0\\.[0-9]*:9200|http://127.0.0.1:${port}|')
exec sh -c "$line"
`;

export const has =
  (id: string) =>
  ({ findings }: Status): boolean =>
    findings.some((finding) => finding.id === id);

export const hasNot =
  (id: string) =>
  (now: Status): boolean =>
    !has(id)(now);

export class RealStatus implements AsyncDisposable {
  readonly cluster: RealCluster;
  readonly #sim: SimulatedWorld;
  readonly #path: string;

  private constructor(cluster: RealCluster, sim: SimulatedWorld, path: string) {
    this.cluster = cluster;
    this.#sim = sim;
    this.#path = path;
  }

  static async start(): Promise<RealStatus> {
    const cluster = await RealCluster.start(searchLabels);
    const path = await mkdtemp(join(tmpdir(), 'understudy-ssh-'));
    await writeFile(join(path, 'ssh'), sshInPlace(new URL(cluster.url(searchLabels[0] ?? '')).port));
    await chmod(join(path, 'ssh'), 0o755);
    return new RealStatus(cluster, await simulatedWorld(), path);
  }

  async look(): Promise<Observation> {
    return { ...well, cluster: await observeCluster(this.cluster.running().transport, topology) };
  }

  async status(): Promise<Status> {
    return assessHealth(await this.look(), topology);
  }

  set(persistent: object): Promise<unknown> {
    return this.cluster.ask('PUT', '/_cluster/settings', { persistent });
  }

  /** The engine waits a minute before it makes the copies of a node that has left elsewhere. */
  async green(): Promise<void> {
    const query = 'wait_for_status=green&wait_for_no_initializing_shards=true&timeout=120s';
    await this.cluster.ask('GET', `/_cluster/health/documents?${query}`);
  }

  /**
   * What `apply` does of its plans, round by round until nothing is left: the machines of the simulation need nothing, so all of it is in the
   * cluster. Says the steps. What a further round had to do is printed, because one is enough as a rule.
   */
  async applied(): Promise<string[]> {
    const done: string[] = [];
    for (let round = 1; ; round += 1) {
      const seen = await this.look();
      const { steps, obstacles } = plan(intent, seen);
      const unseen = obstacles.filter((obstacle) => obstacle.unseen);
      if (round > 4 || (steps.length === 0 && unseen.length === 0)) return done;
      if (round > 1) console.error(`round ${round}: ${JSON.stringify({ steps, unseen, cluster: seen.cluster })}`);
      await using archive = new ReleaseArchive(intent.release);
      const world = { ...this.#sim.world, transportFor: () => this.cluster.running().transport };
      const site = { world, intent, found: new Found(seen.objects, topology), archive };
      for (const { task } of steps) await carryOut(site, task);
      done.push(...steps.map(({ id }) => id));
      if (steps.length === 0) await sleep(1_000);
    }
  }

  async follow(repair: string): Promise<void> {
    if (repair === 'understudy apply') {
      await this.applied();
      return;
    }
    assert.match(repair, /^ssh root@\d+\.\d+\.\d+\.\d+ '?curl/, repair);
    const env = { PATH: `${this.#path}:${process.env['PATH']}` };
    const { stdout } = await run('sh', ['-c', repair], { env, timeout: 60_000 });
    assert.doesNotMatch(stdout, /"error"/, `${repair}: ${stdout}`);
  }

  /** Reads until it is so: what the engine does by itself takes its time. */
  async until(holds: (now: Status) => boolean, withinMs = 60_000): Promise<Status> {
    const end = Date.now() + withinMs;
    for (;;) {
      const now = await this.status();
      if (holds(now) || Date.now() > end) return now;
      await sleep(500);
    }
  }

  /** The finding is there, says this, and is gone after its command. */
  async repaired(id: string, verdict: string, reason: RegExp): Promise<void> {
    const now = await this.until(has(id));
    const found = now.findings.find((finding) => finding.id === id);
    assert.ok(found, `${id}: ${JSON.stringify(now.findings)}`);
    assert.equal(found.verdict, verdict, id);
    assert.match(found.reason, reason);
    assert.notEqual(found.effect, '');
    await this.follow(found.repair);
    const after = await this.until(hasNot(id));
    assert.ok(hasNot(id)(after), `${id} after ${found.repair}: ${JSON.stringify(after.findings)}`);
  }

  async healthy(): Promise<Status> {
    const now = await this.until(({ verdict }) => verdict === 'healthy');
    assert.deepEqual(now.findings, []);
    return now;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster[Symbol.asyncDispose]();
    await this.#sim[Symbol.asyncDispose]();
    await rm(this.#path, { recursive: true });
  }
}
