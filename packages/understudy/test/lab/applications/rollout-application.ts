// An application with bad manners, for tests of rollouts: it ignores SIGTERM, takes a while to start, and does not know of drains. And the
// users of it: quick and slow requests through the balancer, without a pause.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** `starts`: it ends at its start with a stack trace, as with a wrong import. `pages`: it is live and ready, and answers users with 500. */
export type Fault = 'starts' | 'pages' | 'none';

export async function writeApplication(directory: string, version: string, fault: Fault = 'none'): Promise<void> {
  await mkdir(directory, { recursive: true });
  const status = fault === 'pages' ? "['/live', '/ready'].includes(request.url) ? 200 : 500" : '200';
  const text = `import { createServer } from 'node:http';
${fault === 'starts' ? "import { missing } from './not-there.mjs';" : ''}
process.on('SIGTERM', () => console.log('SIGTERM is ignored'));
if (process.env.MODE === 'broken') throw new Error('MODE is broken');
const server = createServer((request, response) => {
  const afterMs = request.url === '/slow' ? 1500 : 0;
  response.statusCode = ${status};
  setTimeout(() => response.end(JSON.stringify({ version: '${version}', mode: process.env.MODE ?? '' })), afterMs);
});
setTimeout(() => server.listen(Number(process.env.PORT), process.env.HOST), 1500);
`;
  await writeFile(path.join(directory, 'app.mjs'), text);
}

export interface Traffic {
  /** Requests that were answered, by version and mode. */
  readonly answered: ReadonlyMap<string, number>;
  readonly requests: number;
  /** What each failed request got, with the time since the start. */
  readonly failed: readonly string[];
}

/** Sends requests while `work` runs: ten quick ones a second, and two slow ones. A failed request is not repeated. */
export async function underTraffic<Result>(
  url: string,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly traffic: Traffic }> {
  const answered = new Map<string, number>();
  const failed: string[] = [];
  const startedMs = performance.now();
  let requests = 0;
  const ask = async (target: string): Promise<void> => {
    requests += 1;
    const at = ((performance.now() - startedMs) / 1000).toFixed(1);
    try {
      const response = await fetch(`${url}${target}`, { signal: AbortSignal.timeout(20_000) });
      const text = await response.text();
      if (!response.ok) failed.push(`${at} s: ${target} ${response.status} ${text.slice(0, 80)}`);
      else answered.set(text, (answered.get(text) ?? 0) + 1);
    } catch (error) {
      failed.push(`${at} s: ${target} ${String((error as Error).cause ?? error)}`);
    }
  };
  const open = new Set<Promise<void>>();
  const ended = new AbortController();
  const users = (async () => {
    for (let turn = 0; !ended.signal.aborted; turn += 1) {
      const request = ask(turn % 6 === 5 ? '/slow' : '/');
      open.add(request);
      void request.finally(() => open.delete(request));
      await sleep(85);
    }
    await Promise.all(open);
  })();
  try {
    return {
      result: await work(),
      traffic: {
        answered,
        failed,
        get requests() {
          return requests;
        },
      },
    };
  } finally {
    await sleep(2000);
    ended.abort();
    await users;
  }
}
