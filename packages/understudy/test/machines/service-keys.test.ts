// The scripts that bring keys and secrets to a service machine, run by a real shell against the real service: done when it has taken them, and
// what it then accepts is seen.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Secret } from '@understudy/foundation';
import { node, type RunningService } from '../../../service/test/harness/implementations.ts';
import { freePort } from '../../../service/test/harness/free-port.ts';
import {
  askAsCallersScript,
  contentHash,
  machineTimeScript,
  peerHeader,
  putKeysExits,
  putKeysScript,
} from '../../src/machines/index.ts';
import { keyListText, keyScopes, makeKey } from '../../src/operation/index.ts';

const tool = makeKey({ id: 'understudy-tool', scopes: keyScopes }, 0);
const next = makeKey({ id: 'understudy-tool-2', scopes: keyScopes }, 0);
const [older, newer] = ['o', 'n'].map((letter) => new Secret(letter.repeat(43))) as [Secret, Secret];
let directory = '';
let service: RunningService;

/** As on a machine, but with its files in a directory of the test, and every unit active. */
async function run(script: string): Promise<{ code: number | null; lines: string[] }> {
  const own = `${process.getuid?.()}:${process.getgid?.()}`;
  const here = script
    .replaceAll('/etc/understudy', directory)
    .replaceAll('/run/', `${directory}/`)
    .replaceAll(/(root|understudy):understudy/g, own);
  const environment = { ...process.env, PATH: `${directory}/bin:${process.env['PATH']}` };
  const shell = spawn('sh', ['-s'], { stdio: ['pipe', 'pipe', 'inherit'], env: environment });
  let text = '';
  shell.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  shell.stdin.end(here);
  const [code] = (await once(shell, 'close')) as [number | null];
  return { code, lines: text.trim().split('\n') };
}

const put = (
  keys: readonly (typeof tool)[],
  peerSecrets: readonly Secret[] | undefined,
  toolKey = tool.bearer,
  withinS = 20,
) =>
  run(
    putKeysScript({
      ...{ peerSecrets, toolKey, origin: service.url, withinS, replaces: 'notLater' },
      text: keyListText({ generation: 1, keys: keys.map(({ record }) => record) }),
    }),
  );

const bearer = ({ bearer: key }: typeof tool) => new Secret(`Authorization: Bearer ${key.reveal()}`);

async function asked(): Promise<string[]> {
  const time = Number((await run(machineTimeScript())).lines[0]);
  assert.ok(Math.abs(time - Date.now()) < 5_000, String(time));
  const request = { method: 'GET', path: '/whoami', caller: 'understudy-tool' };
  const headers = [bearer(tool), bearer(next), ...[older, newer].map((secret) => peerHeader(secret, request, time))];
  const { code, lines } = await run(askAsCallersScript(service.url, headers));
  assert.equal(code, 0);
  return lines;
}

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'understudy-put-keys-'));
  await run(`mkdir ${directory}/bin`);
  await writeFile(join(directory, 'bin/systemctl'), '#!/bin/sh\nexit 0\n');
  await chmod(join(directory, 'bin/systemctl'), 0o755);
  await writeFile(join(directory, 'service-keys.json'), keyListText({ generation: 1, keys: [tool.record] }));
  await writeFile(join(directory, 'service-peers'), `${older.reveal()}\n`);
  service = await node.start({
    ...{ AUTH: 'keys', AUTH_KEYS_FILE: join(directory, 'service-keys.json'), WORKERS: '2' },
    PEER_SECRET_FILE: join(directory, 'service-peers'),
    ES_HOSTS: `http://127.0.0.1:${await freePort()}`,
  });
});

after(async () => {
  await service.stop();
  await rm(directory, { recursive: true });
});

test('each phase of an exchange is there when its script has ended', async () => {
  assert.deepEqual(await asked(), ['200 peers', '401 -', '200 -', '401 -']);
  assert.equal((await put([tool, next], [older, newer])).code, 0);
  assert.deepEqual(await asked(), ['200 peers', '200 peers', '200 -', '200 -']);
  assert.equal((await put([tool, next], [newer, older], next.bearer)).code, 0);
  assert.deepEqual(await asked(), ['200 peers', '200 peers', '200 -', '200 -']);
  assert.equal((await put([next], [newer], next.bearer)).code, 0);
  assert.deepEqual(await asked(), ['401 -', '200 peers', '401 -', '200 -']);
  assert.equal((await put([tool], undefined)).code, 0);
  assert.deepEqual(await asked(), ['200 peers', '401 -', '401 -', '200 -'], 'the secrets stay as they are');
});

test('secrets or keys that the service does not take are late, with what it says', async () => {
  const good = await put([tool], [older]);
  assert.equal(good.code, 0);
  const { code, lines } = await put([tool], [new Secret('short')], tool.bearer, 2);
  assert.equal(code, putKeysExits.late);
  // What is in force in a process that had no request in between may be older than what is in force in the other one.
  assert.match(lines.join(''), /"peers_sha256":"[0-9a-f]{64}".* 200/);
  assert.doesNotMatch(lines.join(''), new RegExp(contentHash('short\n')));
  const unknown = await put([tool], [older], next.bearer, 2);
  assert.equal(unknown.code, putKeysExits.late);
  assert.match(unknown.lines.join(''), /401/);
});

test('of two lists that are brought at the same moment one is there, and the other one is told; a later one stays', async () => {
  const names = ['one', 'two', 'three'];
  const made = names.map((id) => makeKey({ id, scopes: ['read'] }, 0));
  const listOf = (generation: number, keys: readonly (typeof tool)[]) =>
    keyListText({ generation, keys: [tool, ...keys].map(({ record }) => record) });
  const bring = (text: string, replaces: 'older' | 'notLater') =>
    run(putKeysScript({ text, replaces, toolKey: tool.bearer, origin: service.url, withinS: 20 }));
  const there = () => readFile(join(directory, 'service-keys.json'), 'utf8');
  const texts = made.map((key) => listOf(2, [key]));
  const codes = (await Promise.all(texts.map((text) => bring(text, 'older')))).map(({ code }) => code);
  assert.deepEqual(codes.toSorted(), [0, putKeysExits.replaced, putKeysExits.replaced]);
  const winner = texts[codes.indexOf(0)] ?? '';
  assert.equal(await there(), winner);
  assert.equal((await bring(winner, 'older')).code, 0, 'the same again is no other');
  assert.equal((await bring(listOf(3, made), 'older')).code, 0);
  assert.equal((await bring(winner, 'notLater')).code, putKeysExits.replaced);
  assert.equal(await there(), listOf(3, made));
  assert.equal((await bring(listOf(3, []), 'notLater')).code, 0, 'a file that somebody has changed is repaired');
  await writeFile(join(directory, 'service-keys.json'), 'no list');
  assert.equal((await bring(listOf(1, []), 'older')).code, 0, 'what is no list is replaced');
});
