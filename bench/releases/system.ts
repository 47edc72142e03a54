// The system whose application is changed: made in the lab for one application, changed by the tool's own commands, and removed.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { trackUnfinished, type Logger } from '@understudy/foundation';
import { openSession, resolveIntent, type Session } from '../../packages/understudy/src/operation/index.ts';
import { confirmAll, apply, destroy } from '../../packages/understudy/src/reconcile/index.ts';
import { madeSystem } from '../failover/system.ts';
import { writeRelease, type Application, type Fault } from './applications.ts';
import { tool, type ToolEnd } from './tool.ts';

export const systemName = 'bench-releases';

/** What the changes of the cases change. */
export interface Parts {
  readonly instances: number;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly secret: string;
  readonly failover: 'fast' | 'safe' | 'stock';
  readonly check: Readonly<Record<string, unknown>>;
  readonly balancer: Readonly<Record<string, unknown>>;
  readonly listeners: readonly { readonly port: number; readonly protocol: 'http' | 'https' }[];
}

export const usual: Parts = {
  instances: 2,
  port: 8080,
  environment: {},
  secret: 'first',
  failover: 'fast',
  check: {},
  balancer: {},
  listeners: [{ port: 80, protocol: 'http' }],
};

export interface ReleasesSystem extends AsyncDisposable {
  readonly url: string;
  /** Headers with which users log in; none for an application that asks for nothing. */
  readonly login: Readonly<Record<string, string>>;
  /** Rewrites the topology and applies it. */
  change(parts: Partial<Parts>): Promise<ToolEnd>;
  /** Writes the next release and deploys it. */
  release(fault?: Fault): Promise<ToolEnd>;
  /** `release rollback`, after which the folder has the release of before again, as a person reverts the code. */
  rollback(): Promise<ToolEnd>;
  /** Any other command; `-t` and `--target` are added. */
  run(...words: string[]): Promise<ToolEnd>;
}

export interface SystemRequest {
  readonly application: Application;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly keep: boolean;
  /** Where the output of the commands goes; undefined: it is removed at the end. */
  readonly runsDirectory: string | undefined;
}

/** A healthy system with release 1 of the application, which has written and found a document. */
export async function openReleasesSystem(request: SystemRequest): Promise<ReleasesSystem> {
  const { application, logger, signal, keep, runsDirectory } = request;
  const directory = await mkdtemp(join(tmpdir(), 'understudy-bench-'));
  const runs = runsDirectory ?? directory;
  await mkdir(runs, { recursive: true });
  const [topologyPath, folder, logPath] = [
    join(directory, 'topology.yaml'),
    join(directory, 'application'),
    join(runs, `${application.name}.log`),
  ];
  const made = trackUnfinished(madeSystem(systemName, topologyPath));
  let parts = usual;
  let number = 1;
  /** The last good one, and the one before it. */
  let [current, before] = [1, 1];
  let builtIn = '';
  const write = async (): Promise<void> => {
    await writeFile(topologyPath, topologyText(application, parts));
    await writeFile(join(directory, 'secret'), `${parts.secret}\n`, { mode: 0o600 });
  };
  const own = application.example !== null;
  if (own) await writeRelease({ application, folder, builtIn, number });
  await write();
  const run = (...words: string[]): Promise<ToolEnd> =>
    tool([...words, '-t', topologyPath, '--target', 'lab'], logPath, signal);
  await using session = await openSession({ topologyPath, target: 'lab', logger });
  const intent = await resolveIntent(session);
  builtIn = intent.release.directory;
  await session.target.prepare(session.topology.search, { logger, signal });
  const { status } = await apply(session.world, intent, { confirm: confirmAll, signal });
  const url = status.balancer.urls[0] ?? '';
  await firstDocument(url, loginOf(session));
  return {
    url,
    login: loginOf(session),
    run,
    async change(changed) {
      parts = { ...parts, ...changed };
      await write();
      return await tool(['apply', topologyPath, '--target', 'lab', '--yes'], logPath, signal);
    },
    async release(fault) {
      number += 1;
      await writeRelease({ application, folder, builtIn, number, fault });
      if (fault === undefined) [current, before] = [number, current];
      if (own) return await tool(['apply', topologyPath, '--target', 'lab', '--yes'], logPath, signal);
      return await run('release', 'deploy', folder, '--yes');
    },
    async rollback() {
      const end = await run('release', 'rollback', '--yes');
      current = before;
      if (own) await writeRelease({ application, folder, builtIn, number: current });
      return end;
    },
    async [Symbol.asyncDispose]() {
      if (!keep || signal.aborted) await removeSystem(topologyPath, logger);
      made.release();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function loginOf({ serviceKeys }: Session): ReleasesSystem['login'] {
  return serviceKeys === undefined ? {} : { authorization: `Bearer ${serviceKeys.toolKey.reveal()}` };
}

async function removeSystem(topologyPath: string, logger: Logger): Promise<void> {
  await using session = await openSession({ topologyPath, target: 'lab', logger });
  await destroy(session.world, systemName);
}

export function topologyText({ service, example }: Application, parts: Parts): string {
  const { instances, port, environment, secret, failover, check, balancer, listeners } = parts;
  const own = example === null ? {} : { artifact: './application' };
  return stringify({
    name: systemName,
    region: 'us-ord',
    network: { range: '10.41.0.0/24' },
    access: { adminNetworks: ['198.18.0.1/32'] },
    placement: { policy: 'flexible' },
    search: { version: '9.5.3', heap: '512m', failover },
    service: {
      ...own,
      ...service,
      ...{ instances, port },
      ...(Object.keys(environment).length === 0 ? {} : { environment }),
      ...(secret === usual.secret ? {} : { secrets: { TOKEN: './secret' } }),
    },
    balancer: { listeners, ...balancer, check: { passive: true, ...check } },
  });
}

/** An application of one's own makes its index with its first write, and finds it a second later. */
async function firstDocument(url: string, login: Readonly<Record<string, string>>): Promise<void> {
  const body = JSON.stringify({ id: 'first', data: { title: 'an understudy' } });
  const headers = { 'content-type': 'application/json', ...login };
  for (let attempt = 0; ; attempt += 1) {
    const written = await fetch(`${url}/index`, { method: 'POST', headers, body });
    const found = await (await fetch(`${url}/search?q=understudy`, { headers: login })).text();
    if (written.ok && found.includes('first')) return;
    if (attempt === 60) throw new Error(`the application does not write and find: ${written.status}, ${found}`);
    await sleep(1_000);
  }
}
