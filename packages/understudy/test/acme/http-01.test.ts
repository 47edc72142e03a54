// Certificates by http-01: the real Pebble asks the real service, which gives out what the tool's own scripts put there.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { X509Certificate } from 'node:crypto';
import { silentLogger, systemClock, type Logger } from '@understudy/foundation';
import { startNameServer, type NameServer } from '@understudy/lab/region';
// The door offers an order as a whole.
import { fileChallenges, type ChallengeFiles, type ChallengeHost } from '../../src/acme/challenge-files.ts';
import { newAccountKey, orderCertificate, type ChallengeWay } from '../../src/acme/index.ts';
import {
  askChallengeScript,
  challengeDirectory,
  putChallengesScript,
  removeChallengesScript,
} from '../../src/machines/index.ts';
import { freePort } from '../../../service/test/harness/free-port.ts';
import { node, type RunningService } from '../../../service/test/harness/implementations.ts';
import { pebbleMissing, startPebble, type Pebble } from './pebble.ts';

const missing = await pebbleMissing();

async function sh(script: string): Promise<string> {
  const child = spawn('sh', ['-s'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stdin.end(script);
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(code, 0, script);
  return stdout;
}

suite('certificates by http-01', { skip: missing }, () => {
  let names: NameServer;
  let pebble: Pebble;
  let service: RunningService;
  let folder: string;
  let directory: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'understudy-http-01-'));
    directory = join(folder, 'acme-challenges');
    service = await node.start({
      ...{ AUTH: 'public', HTTPS_PORT: '443', DEADLINE_MS: '100', ACME_CHALLENGES: directory },
      ES_HOSTS: `http://127.0.0.1:${await freePort()}`,
    });
    const domain = { id: 1, domain: 'example.org', type: 'master', status: 'active' } as const;
    const address = (id: number, name: string, target: string) =>
      [id, { id, domainId: 1, name, type: 'A', target, ttlS: 300, created: '2026-01-01T00:00:00' }] as const;
    const records = [
      address(2, 'search', '127.0.0.1'),
      address(3, 'elsewhere', '127.0.0.2'),
      address(4, 'other', '127.0.0.1'),
    ];
    // Of the region's own objects, what a name server reads.
    const store = { domains: new Map([[1, domain]]), domainRecords: new Map(records) } as never;
    names = await startNameServer({ store, clock: systemClock, port: 0 });
    pebble = await startPebble(names.address, { httpPort: Number(new URL(service.url).port) });
  });
  after(async () => {
    await Promise.all([pebble[Symbol.asyncDispose](), names.close(), service.stop()]);
    await rm(folder, { recursive: true });
  });

  const filesThere = (): string[] => (existsSync(directory) ? readdirSync(directory) : []);

  /** The scripts are those of machines, but for where the files are. */
  const host = (change: Partial<ChallengeHost> = {}): ChallengeHost => ({
    label: 'demo-service-1',
    serves: true,
    put: async (files) => {
      await sh(putChallengesScript(files).replaceAll(challengeDirectory, directory));
    },
    remove: async (tokens) => {
      await sh(removeChallengesScript(tokens).replaceAll(challengeDirectory, directory));
    },
    ask: async (name, token) => {
      const [status, ...body] = (await sh(askChallengeScript(service.url, name, token))).split('\n');
      return { status: Number(status), body: body.join('\n') };
    },
    ...change,
  });

  const filesOf = (change: Partial<ChallengeFiles> = {}): ChallengeFiles => ({
    hosts: [host()],
    addresses: ['127.0.0.1'],
    resolver: names.address,
    logger: silentLogger,
    ...change,
  });

  const ordered = async (challenges: ChallengeWay, domains = ['search.example.org']) =>
    await orderCertificate({
      ...{ directoryUrl: pebble.directoryUrl, accountKey: await newAccountKey(), email: undefined },
      ...{ domains, challenges, clock: systemClock },
    });

  async function failing(challenges: ChallengeWay, domains?: string[]): Promise<{ code: string; message: string }> {
    const failed = await ordered(challenges, domains).then(
      () => undefined,
      (error: unknown) => error as { code: string; message: string },
    );
    assert.deepEqual(filesThere(), []);
    assert.ok(failed, 'the order succeeded');
    return failed;
  }

  test('the authority finds the file, and it is removed', async () => {
    let there = false;
    const files = fileChallenges(filesOf());
    const watched: ChallengeWay = {
      ...files,
      shown: (challenges, work) =>
        files.shown(challenges, async () => {
          there = filesThere().length === 1;
          return await work();
        }),
    };
    const { chainPem } = await ordered(watched);
    assert.equal(new X509Certificate(chainPem).subjectAltName, 'DNS:search.example.org');
    assert.equal(there, true);
    assert.deepEqual(filesThere(), []);
  });

  test('two orders at the same time find their files, and those of a killed order are removed after an hour', async () => {
    await mkdir(directory, { recursive: true });
    const [old, young] = [join(directory, 'old'), join(directory, 'young')];
    for (const path of [old, young]) await writeFile(path, 'of a killed order');
    await utimes(old, 0, Date.now() / 1_000 - 3_700);
    const targets = ['search.example.org', 'other.example.org'];
    const all = await Promise.all(targets.map((name) => ordered(fileChallenges(filesOf()), [name])));
    assert.deepEqual(
      all.map(({ chainPem }) => new X509Certificate(chainPem).subjectAltName),
      targets.map((name) => `DNS:${name}`),
    );
    assert.deepEqual(filesThere(), ['young']);
    await rm(young);
  });

  test('a name without an address is not tried, and the error says which record is missing', async () => {
    const { code, message } = await failing(fileChallenges(filesOf({ addresses: ['192.0.2.7', '2001:db8::7'] })), [
      'new.example.org',
    ]);
    assert.equal(code, 'acme-domain');
    assert.match(
      message,
      /new\.example\.org: the DNS has no address for it\. .* a record A with 192\.0\.2\.7 and one AAAA with 2001:db8::7 for the balancer/,
    );
  });

  test('so is one of a domain that the name server does not have', async () => {
    assert.equal((await failing(fileChallenges(filesOf()), ['www.example.com'])).code, 'acme-domain');
  });

  test('a name that leads elsewhere is tried, with a warning, and the authority says what it met', async () => {
    const said: string[] = [];
    const logger: Logger = ({ subject, text }) => said.push(`${subject}: ${text}`);
    const { code, message } = await failing(fileChallenges(filesOf({ logger })), ['elsewhere.example.org']);
    assert.equal(code, 'acme-not-validated');
    assert.match(
      message,
      /could not verify elsewhere\.example\.org: .*Check that the name leads to the balancer \(127\.0\.0\.1\)/s,
    );
    assert.deepEqual(said, [
      'elsewhere.example.org: it leads to 127.0.0.2, not to the balancer (127.0.0.1); the certificate authority asks there',
    ]);
  });

  test('an application that does not give out the files is named before the authority asks', async () => {
    const { code, message } = await failing(
      fileChallenges(filesOf({ hosts: [host({ ask: () => Promise.resolve({ status: 308, body: '' }) })] })),
    );
    assert.equal(code, 'acme-challenge-unanswered');
    assert.match(
      message,
      /on demo-service-1 GET \/\.well-known\/acme-challenge\/[\w-]+ answered 308 and '' in place of the file/,
    );
  });

  test('a machine without requests that does not answer hinders no order', async () => {
    const said: string[] = [];
    const logger: Logger = ({ subject, text }) => said.push(`${subject}: ${text}`);
    const off = () => Promise.reject(new Error('no power'));
    const away = host({ label: 'demo-service-2', serves: false, put: off, remove: off });
    const { chainPem } = await ordered(fileChallenges(filesOf({ hosts: [host(), away], logger })));
    assert.match(chainPem, /BEGIN CERTIFICATE/);
    assert.equal(said.length, 2);
    assert.match(
      said[0]!,
      /^demo-service-2: it gets no requests, and does not answer the certificate authority: .*no power/,
    );
    assert.match(said[1]!, /^demo-service-2: files .* were not removed .* a later order removes them$/);
  });

  test('Ctrl-C between two machines takes away what was put', async () => {
    const controller = new AbortController();
    const first = host({
      ask: async (name, token) => {
        controller.abort(new Error('stopped by Ctrl-C'));
        return await host().ask(name, token);
      },
    });
    const challenge = { name: 'search.example.org', token: 'token', answer: 'token.print' };
    const work = () => Promise.reject(new Error('it went on'));
    await assert.rejects(
      fileChallenges(filesOf({ hosts: [first, host()] })).shown([challenge], work, controller.signal),
      /stopped by Ctrl-C/,
    );
    assert.deepEqual(filesThere(), []);
  });

  for (const [token, answer] of [
    ['$(touch x)', 'a.b'],
    ['../secret', 'a.b'],
    ['token', "a.b' > x"],
  ] as const)
    test(`a token that is none reaches no machine: ${token} ${answer}`, async () => {
      const puts: string[] = [];
      const hosts = [host({ put: () => Promise.reject(new Error('it was put')) })];
      const shown = fileChallenges(filesOf({ hosts })).shown([{ name: 'search.example.org', token, answer }], () =>
        Promise.resolve(puts.push('asked')),
      );
      await assert.rejects(shown, { code: 'acme-refused' });
      assert.deepEqual(puts, []);
      assert.throws(() => putChallengesScript({ [token]: answer }), /is no word of a challenge/);
    });
});
