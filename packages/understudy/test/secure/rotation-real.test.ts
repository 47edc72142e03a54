// Certificates, authority and passwords of a real cluster are exchanged while writes go on through all of its nodes: none fails, and each
// exchange may be interrupted after each phase.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Secret, silentLogger, systemClock, UnderstudyError } from '@understudy/foundation';
import { createIndex, putIndexTemplate } from '../../src/cluster/index.ts';
import { engineLayouts, engineNamed, tlsPaths } from '../../src/engines/index.ts';
import { securityPaths } from '../../src/machines/index.ts';
import type { EngineLogin } from '../../src/observe/index.ts';
import { certificateSubjectOf, filesOf, indexTemplateOf, machinesFor, type Intent } from '../../src/operation/index.ts';
import { letsIn } from '../../src/operate/rotation/proofs.ts';
import { rotateAuthority } from '../../src/operate/rotation/rotate-authority.ts';
import { rotateCertificates } from '../../src/operate/rotation/rotate-certificates.ts';
import { rotatePasswords } from '../../src/operate/rotation/rotate-passwords.ts';
import type { RotatingSystem } from '../../src/operate/rotation/system.ts';
import { signCertificate } from '../../src/secure/authority.ts';
import { checkRequest } from '../../src/secure/certificate-request.ts';
import { openSecurity, type SystemSecurity } from '../../src/secure/index.ts';
import { sampleIntent, securedText } from '../simulation/sample-intent.ts';
import { missingEngine, SecuredCluster } from './secured-cluster.ts';

const passphrase = new Secret('words of the operator');

describe('exchanges on a real cluster', { skip: missingEngine('elasticsearch'), timeout: 800_000 }, () => {
  let base = '';
  let intent: Intent;
  let cluster: SecuredCluster;
  const open = (): Promise<SystemSecurity> =>
    openSecurity({ directory: join(base, 'own'), systemName: 'demo', nowMs: Date.now(), passphrase });

  before(async () => {
    base = await mkdtemp(join(tmpdir(), 'understudy-rotation-'));
    // A node that a busy host makes slow must not be put out: with an expired certificate it would not come back.
    const sample = await sampleIntent(securedText.replace('security: on', 'security: on\n  failover: safe'));
    const security = await open();
    await security.keep();
    intent = { ...sample, repository: { ...sample.repository, securityModule: true }, security };
    cluster = await SecuredCluster.start(intent);
    const operator = cluster.transport(cluster.login('operator'));
    await putIndexTemplate(operator, 'documents', indexTemplateOf(intent, intent.topology.search.index)!);
    await createIndex(operator, 'documents');
  });

  after(async () => {
    await cluster[Symbol.asyncDispose]();
    await rm(base, { recursive: true, force: true });
  });

  /** The real cluster, by the tool's own scripts in a shell of this host. `clients` is what the service machines have. */
  function rotating(clients: Clients, silent?: string): RotatingSystem {
    return {
      ...{ name: 'demo', directory: join(base, 'own'), clock: systemClock, logger: silentLogger },
      ...{ signal: new AbortController().signal, layout: engineLayouts.elasticsearch, security: open },
      runner: {
        run: ({ label }, _, { stdin } = {}) => Promise.resolve(cluster.shell(label, stdin as string)),
        tunnel: (_, { address, port }) => opened(port, address),
      },
      search: () => {
        if (silent !== undefined) throw new UnderstudyError('operate-partial-view', `${silent} does not answer`);
        return Promise.resolve(
          cluster.machines.map((machine) => ({
            target: { label: machine.label, address: machine.vpcAddress },
            vpcAddress: machine.vpcAddress,
            subject: certificateSubjectOf(machine),
          })),
        );
      },
      putAccounts: () => Promise.resolve(),
      files: (security, { target: { label } }) => {
        const paths = securityPaths(engineNamed('elasticsearch'));
        const machine = machinesFor(intent, 'search').find((one) => one.label === label)!;
        return Promise.resolve(filesOf({ ...intent, security }, machine).filter(({ path }) => paths.includes(path)));
      },
      moveClients: (security) => {
        const { user, password } = security.accounts.service;
        clients.login = { bundlePem: security.bundlePem, user, password };
        return Promise.resolve();
      },
    };
  }

  interface Clients {
    login: EngineLogin;
  }

  /** Writes through each node without a pause while `work` runs; returns how many were acknowledged, and what failed. */
  async function underLoad(
    clients: Clients,
    work: () => Promise<void>,
  ): Promise<{ written: number; failed: string[] }> {
    let over = false;
    const failed: string[] = [];
    let written = 0;
    const writers = cluster.machines.map(async ({ label }) => {
      for (let id = 0; !over; id += 1) {
        try {
          const path = `/documents/_doc/${label}-${id % 50}`;
          const { status } = await cluster.transport(clients.login, [label]).request('PUT', path, { id: String(id) });
          if (status === 200 || status === 201) written += 1;
          else failed.push(`${label}: ${status}`);
        } catch (error) {
          failed.push((error as Error).message);
        }
        await sleep(20);
      }
    });
    try {
      await work();
      await sleep(1000);
    } finally {
      over = true;
      await Promise.all(writers);
    }
    return { written, failed };
  }

  async function serviceClients(): Promise<Clients> {
    const { bundlePem, accounts } = await open();
    return { login: { bundlePem, ...accounts.service } };
  }

  /** Runs `work` as a process that dies after each phase, until it ends. */
  async function interrupted(
    work: (betweenPhases: (phase: string) => Promise<void>) => Promise<unknown>,
  ): Promise<string[]> {
    const seen: string[] = [];
    for (;;) {
      try {
        await work((phase) => {
          seen.push(phase);
          return Promise.reject(new Error('the process was killed'));
        });
        return seen;
      } catch (error) {
        if (!(error as Error).message.includes('was killed')) throw error;
        if (seen.at(-1) === 'withdraw') return seen;
      }
    }
  }

  async function assertGreen(): Promise<void> {
    const { bundlePem, accounts } = await open();
    const { body } = await cluster
      .transport({ bundlePem, ...accounts.operator })
      .request('GET', '/_cluster/health?wait_for_status=green&timeout=60s');
    const { status, number_of_nodes: nodes } = body as { status: string; number_of_nodes: number };
    assert.deepEqual({ status, nodes }, { status: 'green', nodes: 3 });
  }

  test('every node gets a new certificate, one after the other, and no write fails', async () => {
    const clients = await serviceClients();
    let serials: string[] = [];
    const { written, failed } = await underLoad(clients, async () => {
      serials = (await rotateCertificates(rotating(clients))).map(({ serial }) => serial);
    });
    assert.deepEqual(failed, []);
    assert.ok(written > 50, String(written));
    assert.equal(new Set(serials).size, 3);
    await assertGreen();
  });

  test('passwords: interrupted after each phase, no write fails, and the old users are refused', async () => {
    const clients = await serviceClients();
    const before = await open();
    const { written, failed } = await underLoad(clients, async () => {
      const phases = await interrupted((betweenPhases) =>
        rotatePasswords(rotating(clients), {
          accounts: ['operator', 'service'],
          mayRemove: () => assert.fail('the tool moves these itself'),
          betweenPhases,
        }),
      );
      assert.deepEqual(phases, ['introduce', 'use', 'withdraw']);
    });
    assert.deepEqual(failed, []);
    assert.ok(written > 50, String(written));
    const now = await open();
    assert.equal(now.accounts.service.user, 'understudy-service-2');
    assert.notEqual(now.accounts.service.password.reveal(), before.accounts.service.password.reveal());
    assert.equal(now.accounts.monitor.password.reveal(), before.accounts.monitor.password.reveal());
    assert.deepEqual(now.exchange, { authority: undefined, accounts: undefined });
    const { bundlePem } = now;
    for (const machine of await rotating(clients).search(now)) {
      for (const name of ['operator', 'service'] as const) {
        assert.equal(await letsIn(rotating(clients), machine, { bundlePem, ...before.accounts[name] }), false);
        assert.equal(await letsIn(rotating(clients), machine, { bundlePem, ...now.accounts[name] }), true);
      }
    }
    await assertGreen();
  });

  test('the monitor keeps both until its owner says that it has moved', async () => {
    const clients = await serviceClients();
    const before = await open();
    let mayRemove = false;
    const rotate = () =>
      rotatePasswords(rotating(clients), { accounts: ['monitor'], mayRemove: () => Promise.resolve(mayRemove) });
    assert.equal((await rotate()).removed, false);
    const [machine] = await rotating(clients).search(before);
    const lets = async ({ accounts: { monitor }, bundlePem }: SystemSecurity) =>
      letsIn(rotating(clients), machine!, { bundlePem, ...monitor });
    assert.deepEqual([await lets(before), await lets(await open())], [true, true]);
    mayRemove = true;
    const rotated = await rotate();
    assert.equal(rotated.removed, true);
    assert.ok(!JSON.stringify(rotated).includes((await open()).accounts.monitor.password.reveal()));
    assert.deepEqual([await lets(before), await lets(await open())], [false, true]);
  });

  test('the authority: interrupted after each phase, no write fails, and certificates of the old one are refused', async () => {
    const clients = await serviceClients();
    const before = await open();
    const { written, failed } = await underLoad(clients, async () => {
      const phases = await interrupted((betweenPhases) =>
        rotateAuthority(rotating(clients), { passphrase, betweenPhases }),
      );
      assert.deepEqual(phases, ['introduce', 'use', 'withdraw']);
    });
    assert.deepEqual(failed, []);
    assert.ok(written > 50, String(written));
    const now = await open();
    assert.notEqual(now.signerPem, before.signerPem);
    assert.equal(now.bundlePem, now.signerPem);
    assert.match(await readFile(join(base, 'own/authority.key'), 'utf8'), /ENCRYPTED PRIVATE KEY/);
    await assert.rejects(
      cluster.transport({ ...clients.login, bundlePem: before.bundlePem }).request('GET', '/'),
      /certificate|issuer|signature/,
    );
    await assertGreen();
    // Nodes connect to each other anew with what they have by now.
    await cluster.stop('demo-search-2');
    cluster.run('demo-search-2');
    await cluster.awaitNodes({ bundlePem: now.bundlePem, ...now.accounts.operator }, 3);
  });

  test('a certificate that has expired: the cluster goes on over its open connections, new ones are refused, a new one heals it', async () => {
    const clients = await serviceClients();
    const security = await open();
    const { bundlePem, accounts } = security;
    const label = 'demo-search-3';
    const short: SystemSecurity = {
      ...security,
      issue: async (pem, subject, nowMs) =>
        signCertificate(security.former.authority, await checkRequest(pem, subject), {
          ...{ nowMs, passphrase, validMs: 20_000 },
        }),
    };
    await cluster.issue(label, short);
    const machine = (await rotating(clients).search(security)).find(({ target }) => target.label === label)!;
    const login = { bundlePem, ...accounts.operator };
    const end = Date.now() + 90_000;
    for (let refused = false; !refused; await sleep(500)) {
      refused = await letsIn(rotating(clients), machine, login).then(
        () => false,
        (error: unknown) => String(error).includes('certificate has expired'),
      );
      assert.ok(Date.now() < end, 'the expired certificate was never refused');
    }
    await sleep(10_000);
    const others = cluster.transport(login, ['demo-search-1']);
    const { body } = await others.request('GET', '/_cluster/health');
    assert.equal((body as { number_of_nodes: number }).number_of_nodes, 3);
    await rotateCertificates(rotating(clients));
    assert.equal(await letsIn(rotating(clients), machine, login), true);
    await assertGreen();
  });

  test('a machine that does not answer keeps everything as it is', async () => {
    const before = await readFile(join(base, 'own/rotation.json'), 'utf8');
    const clients = await serviceClients();
    const bundle = () => readFile(tlsPaths(cluster.layout('demo-search-1')).authority, 'utf8');
    const bundleBefore = await bundle();
    for (const rotate of [
      () => rotateCertificates(rotating(clients, 'demo-search-3')),
      () => rotateAuthority(rotating(clients, 'demo-search-3'), { passphrase }),
      () =>
        rotatePasswords(rotating(clients, 'demo-search-3'), {
          accounts: ['service'],
          mayRemove: () => Promise.resolve(true),
        }),
    ])
      await assert.rejects(rotate(), { code: 'operate-partial-view', message: /demo-search-3/ });
    assert.equal(await readFile(join(base, 'own/rotation.json'), 'utf8'), before);
    assert.equal(await bundle(), bundleBefore);
  });
});

function opened(port: number, address: string) {
  const socket = connect(port, address);
  return new Promise<typeof socket>((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}
