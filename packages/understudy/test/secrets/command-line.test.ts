// The program itself with planted secrets, against the lab's API in memory as if it were Linode: what it prints, what it leaves
// on the operator's disk and with which modes, what process lists show meanwhile.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { cacheDirectory } from '../../src/operation/places.ts';
import { Secret } from '@understudy/foundation';
import { createRegionApi, SimulatedHardware, type RegionApi } from '@understudy/lab/region';
import { selfSignedCertificate } from '../../src/operation/certificate.ts';
import { assertFree, filesBelow, type Planted } from './planted.ts';

const program = path.resolve(import.meta.dirname, '../../src/cli/main.ts');
const token = 'planted-token-of-the-account';
const narrowToken = 'planted-token-that-only-reads';

let base = '';
let region: RegionApi;
let url = '';
let planted: Planted = {};

before(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'understudy-secrets-'));
  const narrow = { token: new Secret(narrowToken), scopes: ['linodes:read_only', 'images:read_only'] };
  region = createRegionApi({
    hardware: new SimulatedHardware(),
    token: new Secret(token),
    tokens: [narrow],
    speed: 1000,
  });
  await region.start();
  url = `${await region.listen(0)}/v4`;
  const made = await selfSignedCertificate('demo.example', undefined, Date.now());
  await writeFile(path.join(base, 'chain.pem'), made.certificatePem);
  await writeFile(path.join(base, 'key.pem'), made.keyPem.reveal(), { mode: 0o600 });
  await writeFile(path.join(base, 'api-key'), 'planted-key-of-the-service\n', { mode: 0o600 });
  await writeFile(
    path.join(base, 'topology.yaml'),
    `name: demo
region: us-ord
search: { version: 9.5.3 }
service: { environment: { ES_PASSWORD: planted-elastic-password }, secrets: { API_KEY: ./api-key } }
balancer:
  listeners:
    - { port: 80, protocol: http }
    - { port: 443, protocol: https, certificate: { certPath: ./chain.pem, keyPath: ./key.pem } }
access: { adminNetworks: [198.51.100.7/32] }
`,
  );
  planted = {
    'the token': token,
    'the other token': narrowToken,
    'a value of the environment': 'planted-elastic-password',
    'a value from a file': 'planted-key-of-the-service',
    'the TLS key': made.keyPem.reveal(),
  };
});

after(async () => {
  await region.stop();
  await rm(base, { recursive: true, force: true });
});

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly token?: string;
  /** Ctrl-C when this is said on stderr. */
  readonly interruptAt?: RegExp;
}

/** Runs the program; every command line of it and of its children is looked at while it runs. */
async function run(words: readonly string[], running: Running = {}): Promise<Ran> {
  const child = spawn(process.execPath, ['--conditions=understudy-source', program, ...words], {
    cwd: base,
    env: {
      PATH: process.env['PATH'],
      HOME: base,
      UNDERSTUDY_CACHE: cacheDirectory(),
      XDG_CONFIG_HOME: path.join(base, 'config'),
      XDG_STATE_HOME: path.join(base, 'state'),
      LINODE_API_URL: url,
      LINODE_TOKEN: running.token ?? token,
    },
  });
  let stdout = '';
  let stderr = '';
  let interrupted = false;
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    if (interrupted || running.interruptAt?.test(stderr) !== true) return;
    interrupted = true;
    child.kill('SIGINT');
  });
  const commandLines = new Set<string>();
  const watch = setInterval(
    () => void commandLinesOf(child.pid ?? 0).then((all) => all.forEach((one) => commandLines.add(one))),
    50,
  );
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearInterval(watch);
  assertFree(planted, [...commandLines].join('\n'), `a command line of ${words.join(' ')}`);
  assertFree(planted, stdout, `stdout of ${words.join(' ')}`);
  assertFree(planted, stderr, `stderr of ${words.join(' ')}`);
  return { code, stdout, stderr };
}

async function commandLinesOf(pid: number): Promise<string[]> {
  try {
    const own = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter((id) => id !== '');
    return [own, ...(await Promise.all(children.map((id) => commandLinesOf(Number(id))))).flat()];
  } catch {
    // It has ended.
    return [];
  }
}

const onLinode = ['topology.yaml', '--target', 'linode', '--verbose'];

test(
  'init, plan, apply, status and destroy print no secret and leave none on the disk',
  { timeout: 600_000 },
  async () => {
    // No machine ever answers here, so none may come to run: what is sent to machines is looked at elsewhere.
    region.faults.set([{ kind: 'boot-failure' }, { kind: 'unavailable', probability: 0.1 }], 3);
    assert.equal((await run(['init', 'example.yaml'])).code, 0);
    const planned = await run(['plan', ...onLinode, '--json']);
    assert.equal(planned.code, 1, planned.stderr);
    assert.equal((JSON.parse(planned.stdout) as { price: { monthlyUsd: number } }).price.monthlyUsd, 202);
    const applied = await run(['apply', ...onLinode, '--yes'], {
      interruptAt: /demo-balancer +create done[^]*demo-balancer +create done/,
    });
    assert.equal(applied.code, 2, applied.stderr);
    assert.match(applied.stderr, /Interrupted by SIGINT/);
    const [config] = [...region.store.balancerConfigs.values()].filter(({ port }) => port === 443);
    assert.ok(config?.ssl_key, 'the balancer has the key');
    assert.equal((await run(['status', ...onLinode, '--json'])).code, 1);
    const userData = [...region.store.machines.values()].map((machine) =>
      Buffer.from(machine.userData ?? '', 'base64').toString(),
    );
    // The listener waits for the service machines alone; the search machines may not be made yet.
    assert.ok(userData.length >= 2, `${userData.length} machines`);
    assertFree(planted, userData.join('\n'), 'user data');
    assertFree(planted, JSON.stringify([...region.store.events.values()]), 'events');
    const destroyed = await run(['destroy', ...onLinode, '--yes']);
    assert.equal(destroyed.code, 0, destroyed.stderr);
    assert.equal(region.store.machines.size, 0);
  },
);

test('errors print no secret: a wrong token, one with too few scopes, a secret file that every user can read', async () => {
  region.faults.set([], 3);
  const wrong = await run(['plan', ...onLinode], { token: `${token}-mistyped` });
  assert.match(wrong.stderr, /Invalid Token/);
  for (const json of [[], ['--json']]) {
    const narrow = await run(['apply', ...onLinode, '--yes', ...json], { token: narrowToken });
    assert.equal(narrow.code, 2);
    assert.match(narrow.stderr, /the scope vpc:read_write, for creating the private network/);
  }
  await writeFile(path.join(base, 'open-key'), 'planted-key-of-the-service\n', { mode: 0o644 });
  const text = (await readFile(path.join(base, 'topology.yaml'), 'utf8')).replace('./api-key', './open-key');
  await writeFile(path.join(base, 'open.yaml'), text);
  const open = await run(['apply', 'open.yaml', '--target', 'linode', '--yes', '-v']);
  assert.match(open.stderr, /service\.secrets\.API_KEY: .*open-key may be read by everybody/);
  assert.equal(region.store.vpcs.size, 0);
  await rm(path.join(base, 'open-key'));
});

test("only the tool's own key is left on the operator's disk, readable only by its owner", async () => {
  const kept = [...(await filesBelow(path.join(base, 'config'))), ...(await filesBelow(path.join(base, 'state')))];
  const privateKeys = kept.filter(({ text }) => text.includes('PRIVATE KEY'));
  assert.deepEqual(
    privateKeys.map(({ path: file, mode }) => [path.relative(base, file), mode.toString(8)]),
    [['config/understudy/ssh/id_ed25519', '600']],
  );
  for (const { path: file, text } of kept) assertFree(planted, text, file);
  const privateKey = privateKeys[0]?.text ?? '';
  const others = kept.filter(({ path: file }) => !file.endsWith('/id_ed25519'));
  for (const { path: file, text } of others) assertFree({ 'the SSH key': privateKey }, text, file);
  assert.equal((await stat(path.join(base, 'config/understudy/ssh'))).mode & 0o777, 0o700);
  assertFree(planted, await readFile(path.join(base, 'example.yaml'), 'utf8'), 'the example');
});
