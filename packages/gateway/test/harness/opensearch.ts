// A real OpenSearch of one node with its security plugin: TLS, users, and an authority of its own. It is found, never downloaded.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Agent, request } from 'undici';
import { answers, asNobody, bound, ended, findEngine, keptHomes } from '../../../service/test/harness/engine.ts';
import { freePort } from '../../../service/test/harness/free-port.ts';

const run = promisify(execFile);

export interface SecureEngine extends AsyncDisposable {
  readonly url: string;
  /** PEM file of the authority. */
  readonly caPath: string;
  readonly username: string;
  readonly password: string;
  /** Trusts that authority. */
  readonly agent: Agent;
}

/** A directory with bin/opensearch and the security plugin; undefined when the lab has not built one. */
export async function findOpenSearch(): Promise<string | { readonly missing: string }> {
  for (const home of await keptHomes('opensearch')) {
    if (!basename(home).startsWith('opensearch-3.')) continue;
    const plugins = await readdir(join(home, 'plugins')).catch((): string[] => []);
    if (plugins.includes('opensearch-security')) return home;
  }
  return { missing: 'no OpenSearch with its security plugin: run a lab of OpenSearch once' };
}

/** An authority, and a certificate of it for this machine. */
export async function makeCertificates(directory: string): Promise<void> {
  const openssl = (...args: string[]): Promise<unknown> => run('openssl', args, { cwd: directory });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...ec,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=test authority',
    '-days',
    '2',
  );
  await openssl('req', ...ec, '-keyout', 'node.key', '-out', 'node.csr', '-subj', '/CN=node');
  await writeFile(
    join(directory, 'names'),
    'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n',
  );
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  await openssl('x509', '-req', '-in', 'node.csr', ...signed, '-out', 'node.pem');
}

type Settings = Readonly<Record<string, string | number | boolean>>;

function securitySettings(): Settings {
  const layers = ['transport', 'http'].flatMap((layer) => [
    [`plugins.security.ssl.${layer}.pemcert_filepath`, 'node.pem'],
    [`plugins.security.ssl.${layer}.pemkey_filepath`, 'node.key'],
    [`plugins.security.ssl.${layer}.pemtrustedcas_filepath`, 'ca.pem'],
  ]);
  return {
    'plugins.security.ssl.http.enabled': true,
    'plugins.security.ssl.transport.enforce_hostname_verification': false,
    'plugins.security.nodes_dn': 'CN=node',
    'plugins.security.allow_default_init_securityindex': true,
    ...(Object.fromEntries(layers) as Record<string, string>),
  };
}

interface Launched {
  readonly http: number;
  readonly config: string;
  readonly child: ChildProcess;
  readonly stop: () => Promise<void>;
}

/** Starts one node with these settings alone: those of the installation are the lab's, and may switch its security off. */
async function launch(
  installation: string,
  own: Settings,
  prepare: (config: string) => Promise<void>,
  javaOptions = '',
): Promise<Launched> {
  const java = await findEngine();
  if ('missing' in java) throw new Error(java.missing);
  const directory = await mkdtemp(join(tmpdir(), 'understudy-opensearch-'));
  const sweep = () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  // Also after Ctrl-C, which ends this process before anything is stopped.
  process.once('exit', sweep);
  const home = join(directory, 'home');
  const config = join(home, 'config');
  // The engine refuses root, and whoever it runs as must be able to read it.
  await cp(installation, home, { recursive: true, dereference: true });
  await prepare(config);
  const [http, transport] = [await freePort(), await freePort()];
  const settings: Settings = {
    'node.name': 'n1',
    'cluster.name': 'gateway-test',
    'cluster.initial_cluster_manager_nodes': 'n1',
    'path.data': join(directory, 'data'),
    'path.logs': join(directory, 'logs'),
    'http.port': http,
    'transport.port': transport,
    'cluster.routing.allocation.disk.threshold_enabled': false,
    ...own,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}: ${value}\n`);
  await writeFile(join(config, 'opensearch.yml'), lines.join(''));
  if (asNobody.length > 0) await run('chown', ['-R', 'nobody', directory]);
  const command = [...asNobody, join(home, 'bin/opensearch')];
  const child = bound(
    spawn(command[0] as string, command.slice(1), {
      stdio: 'ignore',
      env: {
        PATH: process.env['PATH'],
        OPENSEARCH_JAVA_HOME: java.javaHome,
        OPENSEARCH_JAVA_OPTS: `-Xms512m -Xmx512m ${javaOptions}`,
      },
    }),
  );
  const stop = async (): Promise<void> => {
    await ended(child);
    process.off('exit', sweep);
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  return { http, config, child, stop };
}

export async function startOpenSearch(installation: string): Promise<SecureEngine> {
  const { http, config, child, stop } = await launch(installation, securitySettings(), makeCertificates);
  const caPath = join(config, 'ca.pem');
  const agent = new Agent({ connect: { ca: await readFile(caPath) } });
  const engine: SecureEngine = {
    url: `https://localhost:${http}`,
    caPath,
    username: 'admin',
    password: 'admin',
    agent,
    async [Symbol.asyncDispose]() {
      await agent.destroy();
      await stop();
    },
  };
  try {
    await ready(engine, () => child.exitCode);
    return engine;
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
}

/** One node that answers without TLS and without users. */
export async function startPlainOpenSearch(
  installation: string,
  settings: Settings,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const own = { 'plugins.security.disabled': true, ...settings };
  const { http, child, stop } = await launch(installation, own, () => Promise.resolve(), '-XX:TieredStopAtLevel=1');
  const url = `http://127.0.0.1:${http}`;
  try {
    await answers(`${url}/_cluster/health`, child);
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export function basic({ username, password }: Pick<SecureEngine, 'username' | 'password'>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Waits until the user can log in, for which the engine first makes an index. */
async function ready(engine: SecureEngine, exitCode: () => number | null): Promise<void> {
  const end = Date.now() + 120_000;
  for (;;) {
    const status = await request(`${engine.url}/_cluster/health`, {
      dispatcher: engine.agent,
      headers: { authorization: basic(engine) },
    }).then(
      async ({ statusCode, body }) => (await body.dump(), statusCode),
      () => 0,
    );
    if (status === 200) return;
    if (exitCode() !== null) throw new Error(`OpenSearch ended with ${exitCode()}.`);
    if (Date.now() > end)
      throw new Error(`OpenSearch let nobody log in within two minutes; it answered ${status} last.`);
    await sleep(200);
  }
}
