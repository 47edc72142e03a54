// Which backends the balancer puts out, and for how long, while one thing is wrong and users go on.
import { setTimeout as sleep } from 'node:timers/promises';
import type { SystemUnderTest } from '../../src/drills/index.ts';

export type Situation = 'failing handler' | 'engine outage' | 'hang';

export interface Measured {
  /** Seconds that each backend was DOWN, by its name. */
  readonly downS: Readonly<Record<string, number>>;
  /** Seconds in which no backend was UP. */
  readonly allDownS: number;
  readonly longestDownS: number;
  /** Requests of a path that needs no engine and no luck: /healthz, through the balancer. */
  readonly healthyTotal: number;
  readonly healthyFailed: number;
}

const everyMs = 200;
/** What nothing answers in this time, a user gives up. */
const patienceMs = 5_000;

/** The situation lasts `forMs`; backends are watched until they are back, 30 s longer at most. */
export async function measure(world: SystemUnderTest, situation: Situation, forMs: number): Promise<Measured> {
  const [url = ''] = world.balancer.urls;
  const ask = (path: string) =>
    fetch(`${url}${path}`, { signal: AbortSignal.timeout(patienceMs) }).then(
      async (answer) => {
        await answer.text();
        return answer.status;
      },
      () => 0,
    );
  const watch = new Watch();
  let wrong = true;
  const healthy: Promise<number>[] = [];
  const others: Promise<number>[] = [];
  const users = repeat(
    () => true,
    () => wrong,
    () => {
      healthy.push(ask('/healthz'));
      if (situation === 'failing handler') others.push(ask('/boom'));
      if (situation === 'engine outage') others.push(ask('/search?q=word'));
    },
  );
  await begin(world, situation);
  const watching = repeat(
    () => wrong || watch.anyDown,
    () => wrong || watch.anyDown,
    async () => watch.look(await world.balancer.nodes()),
  );
  await sleep(forMs);
  await end(world, situation);
  wrong = false;
  await Promise.race([watching, sleep(30_000)]);
  await users;
  const statuses = await Promise.all(healthy);
  await Promise.all(others);
  return {
    ...watch.result(),
    healthyTotal: statuses.length,
    healthyFailed: statuses.filter((status) => status !== 200).length,
  };
}

async function repeat(first: () => boolean, again: () => boolean, act: () => void | Promise<void>): Promise<void> {
  for (let on = first(); on; on = again()) {
    await act();
    await sleep(everyMs);
  }
}

class Watch {
  anyDown = false;
  readonly #downMs = new Map<string, number>();
  readonly #longestMs = new Map<string, number>();
  readonly #runMs = new Map<string, number>();
  #allDownMs = 0;
  #lastMs = performance.now();

  look(nodes: readonly { readonly label: string; readonly status: string }[]): void {
    const nowMs = performance.now();
    const passedMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    for (const { label, status } of nodes) {
      const down = status !== 'UP';
      this.#downMs.set(label, (this.#downMs.get(label) ?? 0) + (down ? passedMs : 0));
      this.#runMs.set(label, down ? (this.#runMs.get(label) ?? 0) + passedMs : 0);
      this.#longestMs.set(label, Math.max(this.#longestMs.get(label) ?? 0, this.#runMs.get(label) ?? 0));
    }
    this.anyDown = nodes.some(({ status }) => status !== 'UP');
    if (nodes.every(({ status }) => status !== 'UP')) this.#allDownMs += passedMs;
  }

  result(): Pick<Measured, 'downS' | 'allDownS' | 'longestDownS'> {
    const seconds = (ms: number) => Math.round(ms / 100) / 10;
    return {
      downS: Object.fromEntries([...this.#downMs].map(([label, ms]) => [label, seconds(ms)])),
      allDownS: seconds(this.#allDownMs),
      longestDownS: seconds(Math.max(0, ...this.#longestMs.values())),
    };
  }
}

const table = 'understudy_test';

/** A table of its own on each service machine refuses what goes to the engine: to the application, the engine is gone. */
const outage = [
  `nft add table inet ${table}`,
  `nft add chain inet ${table} out '{ type filter hook output priority 0; }'`,
  `nft add rule inet ${table} out tcp dport 9200 reject with tcp reset`,
].join(' && ');

async function onService(world: SystemUnderTest, script: string, most = Infinity): Promise<void> {
  const machines = world.machines.filter(({ role }) => role === 'service').slice(0, most);
  for (const machine of machines) {
    const { code, stderr } = await world.runner.run(machine, ['sh', '-c', script]);
    if (code !== 0) throw new Error(`${machine.label}: ${stderr}`);
  }
}

async function begin(world: SystemUnderTest, situation: Situation): Promise<void> {
  if (situation === 'engine outage') await onService(world, outage);
  if (situation === 'hang') await onService(world, `systemctl kill -s SIGSTOP ${world.units.service}`, 1);
}

async function end(world: SystemUnderTest, situation: Situation): Promise<void> {
  if (situation === 'engine outage') await onService(world, `nft delete table inet ${table}`);
  if (situation === 'hang') await onService(world, `systemctl kill -s SIGCONT ${world.units.service}`, 1);
}
