// A running system gets https: nobody is sent to a port that does not answer yet, whatever fails on the way, nor to one that is gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply, confirmAll, plan } from '../../src/reconcile/index.ts';
import { selfSignedCertificate, type AcmeCertificates, type Intent } from '../../src/operation/index.ts';
import { observe } from '../../src/observe/index.ts';
import { sampleIntent, sampleText } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

const services = ['demo-service-1', 'demo-service-2'];
const plain = '{ port: 80 }';
const own = '{ port: 443, protocol: https, certificate: { certPath: ./a.pem, keyPath: ./a.key } }';
const byAcme = (challenge: string): string =>
  `{ port: 443, protocol: https, certificate: { acme: { domains: [a.example.org], challenge: ${challenge} } } }`;
const textOf = (...listeners: string[]): string => `${sampleText}balancer: { listeners: [${listeners.join(', ')}] }\n`;

const certificate = await selfSignedCertificate('a.example.org', undefined, Date.now());

async function ownCertificate(): Promise<Intent> {
  return { ...(await sampleIntent(textOf(plain, own))), certificates: { 443: certificate } };
}

/** Orders are noted and answered with a certificate, or refused. */
async function ordering(challenge: string, order: () => Promise<void>): Promise<Intent> {
  let kept: ReturnType<AcmeCertificates['kept']>;
  const acme: AcmeCertificates = {
    kept: () => kept,
    order: async (_port, { domains, directoryUrl }) => {
      await order();
      kept = { certificate, domains, directoryUrl };
    },
  };
  return { ...(await sampleIntent(textOf(plain, byAcme(challenge)))), acme };
}

const environmentOf = (sim: SimulatedWorld, label: string): string =>
  sim.machine(label).files.get('/etc/understudy/service.env')?.content ?? '';
const redirects = (sim: SimulatedWorld): boolean[] =>
  services.map((label) => environmentOf(sim, label).includes('HTTPS_PORT="443"'));

function backendsOf(sim: SimulatedWorld, port: number): string[] {
  const { balancerConfigs, balancerNodes } = sim.region.store;
  const config = [...balancerConfigs.values()].find((candidate) => candidate.port === port);
  return [...balancerNodes.values()].filter(({ configId }) => configId === config?.id).map(({ label }) => label);
}

/** What stands on port 443 whenever a service stops to be changed. */
function watched(sim: SimulatedWorld): string[][] {
  const met: string[][] = [];
  for (const label of services) sim.machine(label).onServiceStop = () => met.push(backendsOf(sim, 443).sort());
  return met;
}

async function standing(): Promise<SimulatedWorld> {
  const sim = await simulatedWorld();
  await apply(sim.world, await sampleIntent(textOf(plain)), { confirm: confirmAll });
  return sim;
}

test('the listener is there, with every machine behind it, before the first service sends users to it', async () => {
  await using sim = await standing();
  const met = watched(sim);
  const intent = await ownCertificate();
  let asked = 0;
  await apply(sim.world, intent, { confirm: () => Promise.resolve((asked += 1) === 1) });
  assert.deepEqual(met, [services, services]);
  assert.deepEqual(redirects(sim), [true, true]);
  assert.deepEqual(plan(intent, await observe(sim.world, intent.topology)), { steps: [], obstacles: [] });
});

test('a machine that is added at the same time becomes a backend when the listener is there', async () => {
  await using sim = await standing();
  const intent = {
    ...(await sampleIntent(`${textOf(plain, own)}service: { instances: 3 }\n`)),
    certificates: { 443: certificate },
  };
  const ids = plan(intent, await observe(sim.world, intent.topology)).steps.map(({ id }): string => id);
  const place = (id: string): number => {
    assert.ok(ids.includes(id), `${id}: ${ids.join(' ')}`);
    return ids.indexOf(id);
  };
  assert.ok(place('demo-service-3/service') < place('demo-balancer/listener-443'));
  assert.ok(place('demo-balancer/listener-443') < place('demo-balancer/backend-80-3'));
  assert.ok(place('demo-balancer/listener-443') < place('demo-service-1/service'));
  await apply(sim.world, intent, { confirm: confirmAll });
  assert.deepEqual(backendsOf(sim, 443).sort(), [...services, 'demo-service-3']);
});

test('an order that fails leaves the services as they are', async () => {
  await using sim = await standing();
  const intent = await ordering('dns-01', () => Promise.reject(new Error('the domain is not delegated')));
  await assert.rejects(apply(sim.world, intent, { confirm: confirmAll }), /the domain is not delegated/);
  assert.deepEqual(redirects(sim), [false, false]);
});

test('with http-01 the services are changed for the order, and again when there is a certificate', async () => {
  await using sim = await standing();
  const met = watched(sim);
  const atOrder: boolean[][] = [];
  const challenges = (): boolean[] => services.map((label) => environmentOf(sim, label).includes('ACME_CHALLENGES='));
  const intent = await ordering('http-01', () => {
    atOrder.push(challenges(), redirects(sim));
    return Promise.resolve();
  });
  await apply(sim.world, intent, { confirm: confirmAll });
  assert.deepEqual(atOrder, [
    [true, true],
    [false, false],
  ]);
  assert.deepEqual(met, [[], [], services, services]);
  assert.deepEqual(redirects(sim), [true, true]);
  assert.deepEqual(plan(intent, await observe(sim.world, intent.topology)), { steps: [], obstacles: [] });
});

test('with http-01 an order that fails sends nobody to https, also on a system that is new', async () => {
  await using sim = await simulatedWorld();
  const intent = await ordering('http-01', () => Promise.reject(new Error('the name leads nowhere')));
  await assert.rejects(apply(sim.world, intent, { confirm: confirmAll }), /the name leads nowhere/);
  assert.deepEqual(redirects(sim), [false, false]);
  assert.deepEqual(backendsOf(sim, 80).sort(), services);
});

test('a listener for https goes when no service sends users to it any more', async () => {
  await using sim = await standing();
  await apply(sim.world, await ownCertificate(), { confirm: confirmAll });
  const met = watched(sim);
  await apply(sim.world, await sampleIntent(textOf(plain)), { confirm: confirmAll });
  assert.deepEqual(met, [services, services]);
  assert.deepEqual([redirects(sim), backendsOf(sim, 443)], [[false, false], []]);
});
