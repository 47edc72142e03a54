// The gateway's release, as it goes to a machine: unpacked there by the tool's own script, run once, switched to, and pruned.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { gatewayPlace, packCommand, switchScript, unpackScript, type Release } from '../../src/machines/index.ts';
import { gatewayRelease } from '../../src/operation/gateway-release.ts';

let base = '';
let release: Release;
const cacheBefore = process.env['UNDERSTUDY_CACHE'];

before(async () => {
  base = mkdtempSync(join(tmpdir(), 'understudy-gateway-'));
  process.env['UNDERSTUDY_CACHE'] = join(base, 'cache');
  release = await gatewayRelease();
});

after(() => {
  if (cacheBefore === undefined) delete process.env['UNDERSTUDY_CACHE'];
  else process.env['UNDERSTUDY_CACHE'] = cacheBefore;
  rmSync(base, { recursive: true, force: true });
});

/** The scripts name fixed places on a machine; here they are moved below the temporary directory. */
const moved = (script: string): string => script.replaceAll('/opt/understudy-gateway', join(base, 'home'));

function unpack(id: string, archive: Buffer): { readonly status: number | null; readonly stderr: string } {
  const ran = spawnSync('sh', ['-c', moved(unpackScript(id, gatewayPlace))], { input: archive });
  return { status: ran.status, stderr: ran.stderr.toString() };
}

test('it is built once, has its own Node, and answers for itself where it was unpacked', async () => {
  assert.equal(await gatewayRelease(), release);
  const [tar = '', ...args] = packCommand(release);
  const archive = gzipSync(execFileSync(tar, args, { maxBuffer: 2 ** 30 }), { level: 1 });
  assert.equal(unpack(release.id, archive.subarray(0, archive.length / 2)).status !== 0, true);
  const { status, stderr } = unpack(release.id, archive);
  assert.equal(status, 0, stderr);
  for (const id of [release.id, release.id]) {
    const switched = spawnSync('sh', ['-s'], { input: moved(switchScript(id, gatewayPlace)) });
    assert.equal(switched.status, 0, switched.stderr.toString());
  }
  assert.equal(readlinkSync(join(base, 'home/current')), join(base, 'home/releases', release.id));
  const home = join(base, 'home/current');
  const child = spawn(
    join(home, 'bin/node'),
    ['gateway.mjs', '--listen', '127.0.0.1:0', '--engine', 'http://127.0.0.1:9'],
    {
      cwd: home,
      env: {},
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const exit = once(child, 'exit');
  try {
    let port: number | undefined;
    for await (const line of createInterface({ input: child.stderr })) {
      port = (JSON.parse(line) as { address?: { port: number } }).address?.port;
      if (port !== undefined) break;
    }
    const { nodes } = (await (await fetch(`http://127.0.0.1:${port}/_understudy`)).json()) as { nodes: object[] };
    assert.equal(nodes.length, 1);
  } finally {
    child.kill('SIGKILL');
    await exit;
  }
});

test('the current one and the one before stay, older ones are removed', () => {
  const ids = ['1', '2', '3', '4'].map((digit) => digit.repeat(16));
  for (const id of ids) {
    spawnSync('mkdir', ['-p', join(base, 'home/releases', id)]);
    const switched = spawnSync('sh', ['-s'], { input: moved(switchScript(id, gatewayPlace)) });
    assert.equal(switched.status, 0, switched.stderr.toString());
  }
  assert.deepEqual(readdirSync(join(base, 'home/releases')).sort(), ids.slice(-2));
});
