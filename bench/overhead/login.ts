// Prints what it costs the service to know its callers, in CPU time of its processes for each request: public, with a key, with a token.
// node --conditions=understudy-source bench/overhead/login.ts [--json] [--rounds 5] [--requests 6000]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Agent } from 'undici';
import { freePort } from '../../packages/service/test/harness/free-port.ts';
import { node, type RunningService } from '../../packages/service/test/harness/implementations.ts';
import { Issuer } from '../../packages/service/test/auth/issuer.ts';
import { bearer, testKey, writeKeys } from '../../packages/service/test/auth/keys.ts';
import { cpuMs } from '../throughput/cpu.ts';

const connections = 16;
/** Lists as long as a large system has them: a lookup must not depend on it. */
const otherKeys = 500;

interface Variant {
  readonly name: string;
  readonly service: RunningService;
  readonly credential: string | undefined;
}

async function cpuUsPerRequest({ service, credential }: Variant, requests: number): Promise<number> {
  const agent = new Agent({ connections });
  const headers = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
  const one = async (): Promise<void> => {
    const answer = await agent.request({ origin: service.url, path: '/whoami', method: 'GET', headers });
    await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`/whoami was answered with ${answer.statusCode}`);
  };
  const before = await cpuMs([service.process.pid as number]);
  const each = Math.ceil(requests / connections);
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (let sent = 0; sent < each; sent += 1) await one();
    }),
  );
  const usedMs = (await cpuMs([service.process.pid as number])) - before;
  await agent.close();
  return (usedMs * 1000) / (each * connections);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '6000' },
  },
});
const directory = mkdtempSync(join(tmpdir(), 'understudy-login-'));
const issuer = new Issuer();
await issuer.start();
const key = testKey('user', ['read'], { requestsPerSecond: 1_000_000, burst: 1_000_000 });
const path = join(directory, 'keys.json');
writeKeys(path, [...Array.from({ length: otherKeys }, (_, at) => testKey(`other-${at}`, ['read'])), key]);
const engine = { ES_HOSTS: `http://127.0.0.1:${await freePort()}`, WORKERS: '1', LOG_LEVEL: 'error' };
const withLogin = await node.start({
  ...{ ...engine, AUTH: 'jwks', AUTH_KEYS_FILE: path, AUTH_JWKS_URL: issuer.url },
  ...{ AUTH_ISSUER: issuer.issuer, AUTH_AUDIENCE: issuer.audience },
});
const open = await node.start(engine);
const variants: Variant[] = [
  { name: 'public', service: open, credential: undefined },
  { name: 'key', service: withLogin, credential: bearer(key) },
  {
    name: 'token (ES256)',
    service: withLogin,
    credential: issuer.token({ exp: Math.floor(Date.now() / 1000) + 3600 }),
  },
  {
    name: 'token (RS256)',
    service: withLogin,
    credential: issuer.rsaToken({ exp: Math.floor(Date.now() / 1000) + 3600 }),
  },
];
try {
  const samples = variants.map((): number[] => []);
  for (const variant of variants) await cpuUsPerRequest(variant, Number(values.requests) / 3);
  // Interleaved, so that a busy moment of the machine falls on each.
  for (let round = 0; round < Number(values.rounds); round += 1)
    for (const [at, variant] of variants.entries())
      samples[at]?.push(await cpuUsPerRequest(variant, Number(values.requests)));
  const alone = median(samples[0] ?? []);
  const rows = variants.map(({ name }, at) => {
    const usPerRequest = median(samples[at] ?? []);
    return { name, usPerRequest, ratio: usPerRequest / alone };
  });
  if (values.json) process.stdout.write(`${JSON.stringify({ node: process.version, rows })}\n`);
  else
    for (const { name, usPerRequest, ratio } of rows)
      process.stdout.write(
        `${name.padEnd(16)}${usPerRequest.toFixed(0).padStart(6)} us${ratio.toFixed(2).padStart(8)}x\n`,
      );
} finally {
  await Promise.all([open.stop(), withLogin.stop()]);
  issuer.stop();
  rmSync(directory, { recursive: true, force: true });
}
