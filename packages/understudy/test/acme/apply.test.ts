// Certificates of a public authority from the topology to the balancer: the real Pebble, the region's own domains and name server, and
// apply. Machines and engines are simulated.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { X509Certificate } from 'node:crypto';
import { systemClock } from '@understudy/foundation';
import { startNameServer, type NameServer } from '@understudy/lab/region';
import { observe, type World } from '../../src/observe/index.ts';
import { openAcmeCertificates, type Intent } from '../../src/operation/index.ts';
import { apply, confirmAll, plan } from '../../src/reconcile/index.ts';
import { sampleIntent, sampleText } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';
import { pebbleMissing, startPebble, type Pebble } from './pebble.ts';

const missing = await pebbleMissing();
const dayMs = 86_400_000;
const all = { confirm: confirmAll };
const dns01 = { challenge: 'dns-01' } as const;

interface Setting {
  readonly sim: SimulatedWorld;
  readonly world: World;
  readonly domainId: number;
}

suite('certificates by ACME', { skip: missing }, () => {
  let names: NameServer;
  let pebble: Pebble;
  let base: string;
  let current: SimulatedWorld | undefined;
  let isPublishing = true;

  before(async () => {
    base = await mkdtemp(join(tmpdir(), 'understudy-acme-'));
    // Every test has a region of its own; the name server answers from the current one.
    const none = new Map<number, never>();
    const store = {
      get domains() {
        return current?.region.store.domains ?? none;
      },
      get domainRecords() {
        return (isPublishing ? current?.region.store.domainRecords : undefined) ?? none;
      },
    };
    names = await startNameServer({ store, clock: systemClock, port: 0 });
    pebble = await startPebble(names.address);
  });
  after(async () => {
    await pebble[Symbol.asyncDispose]();
    await names.close();
    await rm(base, { recursive: true });
  });

  async function setting(factor = 20, nameServers = [names.address]): Promise<Setting> {
    const sim = await simulatedWorld({ nameServers, factor });
    current = sim;
    const sent = { domain: 'example.org', type: 'master', soa_email: 'ops@example.org' };
    const domainId = await created(sim, '/v4/domains', sent);
    return { sim, world: sim.world, domainId };
  }

  async function created(sim: SimulatedWorld, url: string, payload: object): Promise<number> {
    const headers = { authorization: 'Bearer token-of-the-simulation', 'content-type': 'application/json' };
    const answer = await sim.region.server.inject({ method: 'POST', url, headers, payload: JSON.stringify(payload) });
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json<{ id: number }>().id;
  }

  function textOf(domains: string[], directoryUrl = pebble.directoryUrl): string {
    return `${sampleText}
balancer:
  listeners:
    - {port: 80}
    - port: 443
      protocol: https
      certificate: {acme: {domains: ${JSON.stringify(domains)}, email: ops@example.org, directory: "${directoryUrl}"}}
`;
  }

  async function intentOf(place: string, world: World, text: string): Promise<Intent> {
    const intent = await sampleIntent(text);
    return { ...intent, acme: await openAcmeCertificates(join(base, place), intent.topology, world) };
  }

  async function stepsOf(world: World, intent: Intent): Promise<string[]> {
    const { steps } = plan(intent, await observe(world, intent.topology));
    return steps.map(({ id, reason }) => `${id}: ${reason}`);
  }

  function shownBy({ sim }: Setting): X509Certificate {
    const config = [...sim.region.store.balancerConfigs.values()].find(({ port }) => port === 443);
    return new X509Certificate(config?.ssl_cert ?? '');
  }

  const recordsOf = ({ sim }: Setting): string[] =>
    [...sim.region.store.domainRecords.values()].map(({ type, name, target }) => `${type} ${name} ${target}`);

  test('apply orders one, gives it to the listener, removes the records, and converges', async () => {
    const made = await setting();
    await using sim = made.sim;
    await created(sim, `/v4/domains/${made.domainId}/records`, {
      type: 'TXT',
      name: '_acme-challenge.search',
      target: 'of-another',
    });
    const names = ['search.example.org', '*.search.example.org'];
    const intent = await intentOf('fresh', made.world, textOf(names));
    const { done, status } = await apply(sim.world, intent, all);
    assert.equal(status.verdict, 'healthy');
    const ids = done.map(({ id }) => String(id));
    assert.ok(ids.indexOf('demo-balancer/certificate-443') >= 0);
    assert.ok(ids.indexOf('demo-balancer/certificate-443') < ids.indexOf('demo-balancer/listener-443'));
    const shown = shownBy(made);
    assert.equal(shown.subjectAltName, 'DNS:search.example.org, DNS:*.search.example.org');
    assert.match(shown.issuer, /Pebble Intermediate CA/);
    assert.deepEqual(recordsOf(made), ['TXT _acme-challenge.search of-another']);
    const files = (await readdir(join(base, 'fresh'))).sort();
    assert.equal(files.length, 3);
    assert.match(files.join(), /^account-[0-9a-f]{12}\.key,certificate-443\.json,records-443\.json$/);
    for (const file of files) assert.equal((await stat(join(base, 'fresh', file))).mode & 0o777, 0o600, file);
    assert.deepEqual(await stepsOf(made.world, await intentOf('fresh', made.world, textOf(names))), []);
  });

  test('two thirds through its life it is renewed, and before that it is not', async () => {
    const made = await setting();
    await using sim = made.sim;
    const intent = await intentOf('renewed', made.world, textOf(['search.example.org']));
    await apply(sim.world, intent, all);
    const first = shownBy(made).serialNumber;
    const later = (days: number): World => {
      const { clock } = made.world;
      return { ...made.world, clock: { ...clock, now: () => clock.now() + days * dayMs } };
    };
    assert.deepEqual(await stepsOf(later(59), intent), []);
    const steps = await stepsOf(later(61), intent);
    assert.equal(steps.length, 2);
    assert.match(
      steps[0]!,
      /^demo-balancer\/certificate-443: Two thirds of the life of the certificate for search\.example\.org are over/,
    );
    assert.equal(steps[1], 'demo-balancer/listener-443: On port 443 the certificate has to be replaced.');
    const nodes = [...sim.region.store.balancerNodes.values()].map(({ id, configId }) => [id, configId]);
    // Pebble's own clock is today's, so the new one is due too on that day: one order is made, and no second one.
    const renewing = await intentOf('renewed', made.world, textOf(['search.example.org']));
    await renewing.acme?.order(443, { ...dns01, domains: ['search.example.org'], directoryUrl: pebble.directoryUrl });
    await apply(sim.world, renewing, all);
    assert.notEqual(shownBy(made).serialNumber, first);
    assert.deepEqual(
      [...sim.region.store.balancerNodes.values()].map(({ id, configId }) => [id, configId]),
      nodes,
    );
    assert.deepEqual(await stepsOf(made.world, renewing), []);
  });

  test('other names, or another authority, are a new order', async () => {
    const made = await setting();
    await using _ = made.sim;
    const options = { ...dns01, domains: ['a.example.org'], directoryUrl: pebble.directoryUrl };
    const intent = await intentOf('other', made.world, textOf(['a.example.org']));
    await intent.acme?.order(443, options);
    const elsewhere = textOf(['a.example.org'], 'https://ca.example.org/dir');
    const orderOf = async (text: string): Promise<string | undefined> =>
      (await stepsOf(made.world, await intentOf('other', made.world, text))).find((step) =>
        step.includes('certificate-443'),
      );
    assert.equal(
      await orderOf(textOf(['b.example.org'])),
      'demo-balancer/certificate-443: The certificate is for a.example.org, the topology asks for b.example.org.',
    );
    assert.match(
      (await orderOf(elsewhere)) ?? '',
      /The certificate is from 127\.0\.0\.1:\d+, the topology asks for one from ca\.example\.org\.$/,
    );
  });

  suite('an order fails with a clear error, and leaves nothing', () => {
    const failing = async (
      made: Setting,
      { domains = ['search.example.org'], url = pebble.directoryUrl, signal = undefined as AbortSignal | undefined },
    ): Promise<{ code: string; message: string }> => {
      const place = `failing-${made.domainId}-${Math.random()}`;
      const intent = await intentOf(place, made.world, textOf(domains, url));
      const failed = await intent.acme!.order(443, { ...dns01, domains, directoryUrl: url }, { signal }).then(
        () => undefined,
        (error: unknown) => error as { code: string; message: string },
      );
      assert.deepEqual(recordsOf(made), []);
      assert.equal(intent.acme!.kept(443), undefined);
      assert.ok(failed, 'the order succeeded');
      return failed;
    };

    test('a name outside of the domains', async () => {
      const made = await setting();
      await using _ = made.sim;
      const { code, message } = await failing(made, { domains: ['search.example.com'] });
      assert.equal(code, 'acme-domain');
      assert.match(
        message,
        /^No certificate was ordered for search\.example\.com: the account has example\.org; allowed is a name inside/,
      );
    });

    test('a name that the authority does not take', async () => {
      const made = await setting();
      await using _ = made.sim;
      const { code, message } = await failing(made, { domains: ['blocked.example.org'] });
      assert.equal(code, 'acme-refused');
      assert.match(message, /blocked\.example\.org.*\(urn:ietf:params:acme:error:rejectedIdentifier\)/s);
    });

    test('a record that the name servers do not show', async () => {
      const made = await setting(1000);
      await using _ = made.sim;
      isPublishing = false;
      try {
        const { code, message } = await failing(made, {});
        assert.equal(code, 'acme-record-unseen');
        assert.match(
          message,
          /within 20 minutes 127\.0\.0\.1:\d+ did not answer with _acme-challenge\.search\.example\.org \(ENOTFOUND\)/,
        );
      } finally {
        isPublishing = true;
      }
    });

    test('a record that the authority does not find; it is asked once by a command, however many rounds that has', async () => {
      const made = await setting(20, []);
      await using _ = made.sim;
      isPublishing = false;
      try {
        let orders = 0;
        const intent = await intentOf('rounds', made.world, textOf(['search.example.org']));
        const { linode } = made.world;
        const list = (): ReturnType<typeof linode.domains.list> => {
          orders += 1;
          return linode.domains.list();
        };
        const world = { ...made.world, linode: { ...linode, domains: { ...linode.domains, list } } };
        const watched = { ...intent, acme: await openAcmeCertificates(join(base, 'rounds'), intent.topology, world) };
        await assert.rejects(apply(world, watched, all), /could not verify search\.example\.org/);
        assert.equal(orders, 1);
        const { code, message } = await failing(made, {});
        assert.equal(code, 'acme-not-validated');
        assert.match(
          message,
          /^The certificate authority could not verify search\.example\.org: .*\(urn:ietf:params:acme:error:/,
        );
      } finally {
        isPublishing = true;
      }
    });

    test('an authority that is down', async () => {
      const made = await setting();
      await using _ = made.sim;
      const { code, message } = await failing(made, { url: 'https://127.0.0.1:9/dir' });
      assert.equal(code, 'acme-unreachable');
      assert.match(message, /^The certificate authority at https:\/\/127\.0\.0\.1:9\/dir gave no answer: /);
    });

    test('Ctrl-C while the records are waited for', async () => {
      const made = await setting(1);
      await using _ = made.sim;
      isPublishing = false;
      const controller = new AbortController();
      const watch = setInterval(() => {
        if (recordsOf(made).length > 0) controller.abort(new Error('stopped by Ctrl-C'));
      }, 10);
      try {
        const { message } = await failing(made, { signal: controller.signal });
        assert.equal(message, 'stopped by Ctrl-C');
      } finally {
        clearInterval(watch);
        isPublishing = true;
      }
    });
  });

  test('nonces that the authority rejects again and again do not hinder an order', async () => {
    const made = await setting();
    await using _ = made.sim;
    await using strict = await startPebble(names.address, { rejectedNonces: 20 });
    const intent = await intentOf('nonces', made.world, textOf(['search.example.org'], strict.directoryUrl));
    await intent.acme!.order(443, { ...dns01, domains: ['search.example.org'], directoryUrl: strict.directoryUrl });
    assert.equal(intent.acme!.kept(443)?.certificate.certificatePem.includes('BEGIN CERTIFICATE'), true);
  });

  test('records of a run that was killed are removed by the next order, and no others', async () => {
    const made = await setting();
    await using sim = made.sim;
    const url = `/v4/domains/${made.domainId}/records`;
    for (const target of ['left-behind', 'of-another'])
      await created(sim, url, { type: 'TXT', name: '_acme-challenge.search', target });
    const record = { name: '_acme-challenge.search.example.org', value: 'left-behind' };
    await mkdir(join(base, 'killed'));
    await writeFile(join(base, 'killed/records-443.json'), JSON.stringify([record]));
    const intent = await intentOf('killed', made.world, textOf(['search.example.org']));
    await intent.acme!.order(443, { ...dns01, domains: ['search.example.org'], directoryUrl: pebble.directoryUrl });
    assert.deepEqual(recordsOf(made), ['TXT _acme-challenge.search of-another']);
    assert.equal(await readFile(join(base, 'killed/records-443.json'), 'utf8'), '[]');
  });
});
