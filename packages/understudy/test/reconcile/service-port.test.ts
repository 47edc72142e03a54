// Another `service.port`: the firewall lets in the new one first, each machine and its backend change together, and the old one is closed
// when no backend has it. What does not serve on the new port is put back on the old one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply, confirmAll, plan, recordRejected } from '../../src/reconcile/index.ts';
import { observe, type World } from '../../src/observe/index.ts';
import { sampleIntent, sampleText } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

const all = { confirm: confirmAll };
const withPort = (port: number): string => `${sampleText}service: { port: ${port} }\n`;

function backends(sim: SimulatedWorld): string[] {
  return [...sim.region.store.balancerNodes.values()].map(({ address, mode }) => `${address} ${mode}`).sort();
}

/** Ports other than SSH that the service machines' firewall lets in. */
function openPorts(sim: SimulatedWorld): string[] {
  const firewall = [...sim.region.store.firewalls.values()].find(({ label }) => label.includes('service'));
  const ports = firewall?.rules.inbound.flatMap(({ ports: asked }) => (asked ?? '').split(',')) ?? [];
  return [...new Set(ports)].filter((port) => port !== '' && port !== '22').sort();
}

/** Notes each moment at which a backend that accepts requests cannot be reached where the balancer asks. */
function watched(sim: SimulatedWorld): { readonly world: World; readonly unreachable: string[] } {
  const unreachable: string[] = [];
  const look = (): void => {
    for (const { label, address, mode } of sim.region.store.balancerNodes.values()) {
      const port = address.split(':')[1] ?? '';
      const listens = /^PORT="(\d+)"$/m.exec(
        sim.machine(label).files.get('/etc/understudy/service.env')?.content ?? '',
      );
      if (mode !== 'accept') continue;
      if (!openPorts(sim).includes(port)) unreachable.push(`${label}: the firewall refuses ${port}`);
      if (listens?.[1] !== port) unreachable.push(`${label}: asked on ${port}, listens on ${listens?.[1]}`);
    }
  };
  const { runner } = sim.world;
  const world: World = {
    ...sim.world,
    runner: {
      ...runner,
      run: (target, argv, options) => {
        look();
        return runner.run(target, argv, options);
      },
    },
  };
  return { world, unreachable };
}

test('no backend that accepts requests is out of reach while the port changes, and the old one is closed in the end', async () => {
  await using sim = await simulatedWorld();
  await apply(sim.world, await sampleIntent(withPort(5000)), all);
  assert.deepEqual(openPorts(sim), ['5000']);
  const next = await sampleIntent(withPort(8181));
  const { steps } = plan(next, await observe(sim.world, next.topology));
  const [first] = steps;
  assert.equal(first?.task.kind, 'firewall-update');
  assert.match(first.reason, /rule 'ACCEPT TCP 5000,8181 10\.20\.0\.248\/30' is missing/);
  const { world, unreachable } = watched(sim);
  await apply(world, next, all);
  assert.deepEqual(unreachable, []);
  assert.deepEqual(openPorts(sim), ['8181']);
  assert.deepEqual(backends(sim), ['10.20.0.31:8181 accept', '10.20.0.32:8181 accept']);
  assert.deepEqual(plan(next, await observe(sim.world, next.topology)), { steps: [], obstacles: [] });
});

test('a service that does not serve on the new port gets the old one back, with its backend', async () => {
  await using sim = await simulatedWorld();
  await apply(sim.world, await sampleIntent(withPort(5000)), all);
  sim.machine('demo-service-1').broken.add('PORT="8181"');
  const { world, unreachable } = watched(sim);
  await assert.rejects(apply(world, await sampleIntent(withPort(8181)), all), { code: 'reconcile-settings-rejected' });
  assert.deepEqual(unreachable, []);
  assert.deepEqual(backends(sim), ['10.20.0.31:5000 accept', '10.20.0.32:5000 accept']);
  await apply(world, await sampleIntent(withPort(5000)), all);
  assert.deepEqual([unreachable, openPorts(sim)], [[], ['5000']]);
});

test('where the change of the service is refused, its backends stay where it listens', async () => {
  await using sim = await simulatedWorld();
  const before = await sampleIntent(withPort(5000));
  await apply(sim.world, before, all);
  await recordRejected(sim.world, before, { id: 'b'.repeat(16), reason: 'Rolled back.' });
  const next = await sampleIntent(withPort(8181));
  const refused = { ...next, release: { ...next.release, id: 'b'.repeat(16) } };
  const { world, unreachable } = watched(sim);
  await assert.rejects(apply(world, refused, all), { code: 'reconcile-incomplete' });
  assert.deepEqual(unreachable, []);
  assert.deepEqual(backends(sim), ['10.20.0.31:5000 accept', '10.20.0.32:5000 accept']);
  assert.ok(openPorts(sim).includes('5000'));
});

test('no port is opened for a backend that somebody else made', async () => {
  await using sim = await simulatedWorld();
  const intent = await sampleIntent(withPort(5000));
  await apply(sim.world, intent, all);
  const [node] = sim.region.store.balancerNodes.values();
  assert.ok(node);
  sim.region.store.balancerNodes.set(9999, { ...node, id: 9999, label: 'foreign', address: '10.20.0.77:9999' });
  const { steps } = plan(intent, await observe(sim.world, intent.topology));
  assert.deepEqual(
    steps.map(({ task }) => task.kind),
    ['backend-remove'],
  );
});
