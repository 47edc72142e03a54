// The table of what Elasticsearch refuses at its start, by the real server: it ends with the words of the table, or it starts.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { asNobody, bound, ended, findEngine, freePort } from '../../../service/test/harness/engine.ts';
import { startCases, type StartCase } from './start-refusal-cases.ts';

const found = await findEngine();
const skip = ((): string | false => {
  if ('missing' in found) return found.missing;
  if (process.getuid?.() !== 0) return 'only root can give a file to the engine that it cannot read';
  const tool = join(found.home, 'bin/elasticsearch-keystore');
  return existsSync(tool) ? false : `no ${tool}: the engine was packed without the security modules`;
})();

let folder = '';
let home = '';

before(async () => {
  if (skip !== false || 'missing' in found) return;
  folder = await mkdtemp(join(tmpdir(), 'understudy-start-'));
  home = join(folder, 'home');
  await cp(found.home, home, { recursive: true, dereference: true });
  const certs = join(home, 'config/certs');
  await mkdir(certs);
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'node.key', '-out', 'node.crt'];
  execFileSync('openssl', [...request, '-days', '2', '-subj', '/CN=n1'], { cwd: certs, stdio: 'ignore' });
  execFileSync('chown', ['-R', 'nobody', folder]);
  await cp(join(certs, 'node.key'), join(certs, 'root.key'));
  await chmod(join(certs, 'root.key'), 0o600);
});
after(async () => {
  if (folder !== '') await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Of no password; the server looks at its form. */
const passwordHash = '$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy';

/** What the server said before it ended; undefined when it has started. */
async function start({ settings, entries }: StartCase): Promise<string | undefined> {
  assert.ok(!('missing' in found));
  const own = await mkdtemp(join(folder, 'node-'));
  await cp(join(home, 'config'), join(own, 'config'), { recursive: true, preserveTimestamps: true });
  const root = join(own, 'config/certs/root.key');
  const ports = `http.port: ${await freePort()}\ntransport.port: ${await freePort()}`;
  const paths = `path.data: ${join(own, 'data')}\npath.logs: ${join(own, 'logs')}`;
  await writeFile(join(own, 'config/elasticsearch.yml'), `node.name: n1\n${paths}\n${ports}\n${settings}\n`);
  execFileSync('chown', ['-R', 'nobody', own]);
  execFileSync('chown', ['root', root]);
  const environment = { PATH: process.env['PATH'], ES_JAVA_HOME: found.javaHome, ES_PATH_CONF: join(own, 'config') };
  const [program, ...words] = [...asNobody, join(home, 'bin/elasticsearch')];
  const keystore = (...asked: string[]): void => {
    const tool = [...words.slice(0, -1), join(home, 'bin/elasticsearch-keystore'), ...asked];
    execFileSync(program, tool, {
      env: environment,
      input: asked.includes('autoconfiguration.password_hash') ? passwordHash : 'x',
      stdio: ['pipe', 'ignore', 'inherit'],
    });
  };
  keystore('create');
  for (const entry of entries) keystore('add', '--stdin', entry);
  const env = { ...environment, ES_JAVA_OPTS: '-Xms400m -Xmx400m -XX:TieredStopAtLevel=1' };
  const engine = bound(spawn(program, words, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  let output = '';
  for (const stream of [engine.stdout, engine.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const log = join(own, 'logs/elasticsearch.log');
  const hasStarted = (): boolean => existsSync(log) && /\] started \{/.test(readFileSync(log, 'utf8'));
  for (let attempt = 0; attempt < 600 && engine.exitCode === null && !hasStarted(); attempt += 1) await sleep(200);
  if (engine.exitCode === null) {
    const started = hasStarted();
    await ended(engine);
    assert.ok(started, `neither started nor ended: ${output}`);
    return undefined;
  }
  return output + (existsSync(log) ? readFileSync(log, 'utf8') : '');
}

for (const each of startCases) {
  test(`the server: ${each.name}`, { skip }, async () => {
    const output = await start(each);
    if (each.server === undefined) assert.equal(output, undefined);
    else assert.ok(output?.includes(each.server), output ?? 'it has started');
  });
}
