// A change of the service is rolled: no machine stops while users may reach it, a change that does not serve stops at the first machine
// and is put back there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnderstudyError } from '@understudy/foundation';
import { apply, confirmAll, plan } from '../../src/reconcile/index.ts';
import type { Intent } from '../../src/operation/index.ts';
import { observe } from '../../src/observe/index.ts';
import { disruptionOf } from '../../src/reconcile/plan/disruption.ts';
import { sampleIntent, sampleText } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

const unit = 'understudy-service.service';
const withInstances = (instances: number, rest = ''): string =>
  `${sampleText}service: { instances: ${instances}${rest} }\n`;
const all = { confirm: confirmAll };

/** The same release with another id: its content does not matter here. */
function released(intent: Intent, id: string): Intent {
  return { ...intent, release: { ...intent.release, id } };
}

async function planned(sim: SimulatedWorld, intent: Intent) {
  return plan(intent, await observe(sim.world, intent.topology));
}

/** Notes every stop of a running service that users could still reach, or that leaves nobody to serve. */
function watchStops(
  sim: SimulatedWorld,
  labels: readonly string[],
): { readonly stops: string[]; readonly wrong: string[] } {
  const seen = { stops: [] as string[], wrong: [] as string[] };
  for (const label of labels) {
    sim.machine(label).onServiceStop = () => {
      seen.stops.push(label);
      const nodes = [...sim.region.store.balancerNodes.values()];
      if (nodes.some((node) => node.label === label && node.mode === 'accept')) seen.wrong.push(`${label} accepts`);
      const others = nodes.filter((node) => node.label !== label && node.mode === 'accept');
      const serve = others.some((node) => sim.machine(node.label).units.get(unit)?.active);
      if (!serve) seen.wrong.push(`nobody serves while ${label} stops`);
    };
  }
  return seen;
}

function modes(sim: SimulatedWorld): string[] {
  return [...sim.region.store.balancerNodes.values()].map(({ label, mode }) => `${label} ${mode}`).sort();
}

const services = ['demo-service-1', 'demo-service-2', 'demo-service-3'];
const newId = 'b'.repeat(16);

async function builtOf(sim: SimulatedWorld, text = withInstances(3)): Promise<Intent> {
  const intent = await sampleIntent(text);
  await apply(sim.world, intent, all);
  return intent;
}

test('a release is unpacked everywhere, then changed on one machine after the other', async () => {
  await using sim = await simulatedWorld();
  const next = released(await builtOf(sim), newId);
  const { steps } = await planned(sim, next);
  assert.deepEqual(
    steps.map(({ id }) => id),
    [...services.map((label) => `${label}/release`), ...services.map((label) => `${label}/service`)],
  );
  const [first, second] = steps.filter((step) => disruptionOf(step));
  assert.deepEqual(
    [...(first?.after ?? [])].sort(),
    services.map((label) => `${label}/release`),
  );
  assert.ok(second?.after.includes(first!.id));
  const watch = watchStops(sim, services);
  await apply(sim.world, next, all);
  assert.deepEqual(watch, { stops: services, wrong: [] });
  assert.deepEqual(
    modes(sim),
    services.map((label) => `${label} accept`),
  );
  assert.deepEqual(await planned(sim, next), { steps: [], obstacles: [] });
});

test('the balancer changes after the service, and a new machine becomes a backend after its start', async () => {
  await using sim = await simulatedWorld();
  await builtOf(sim, withInstances(2));
  const text = withInstances(3, ', environment: { A: b }') + 'balancer: { check: { intervalS: 5 } }\n';
  const next = await sampleIntent(text);
  const ids = (await planned(sim, next)).steps.map(({ id }): string => id);
  const after = (later: string, earlier: string): void =>
    assert.ok(
      ids.indexOf(earlier) >= 0 && ids.indexOf(later) > ids.indexOf(earlier),
      `${later} after ${earlier}: ${ids.join(' ')}`,
    );
  after('demo-balancer/backend-80-3', 'demo-service-3/service');
  after('demo-service-1/service', 'demo-balancer/backend-80-3');
  after('demo-service-2/service', 'demo-service-1/service');
  after('demo-balancer/listener-80', 'demo-service-2/service');
});

test('as many machines as the topology allows are changed at once, after the first one', async () => {
  await using sim = await simulatedWorld();
  const intent = await builtOf(sim, withInstances(5, ', rollout: { maxUnavailable: 2 }'));
  const { steps } = await planned(sim, released(intent, newId));
  const changes = steps.filter((step) => disruptionOf(step));
  const waits = changes.map(({ after }) => changes.findIndex(({ id }) => after.includes(id)));
  assert.deepEqual(waits, [-1, 0, 0, 1, 2]);
});

test('the step names the variables that differ, and no values', async () => {
  await using sim = await simulatedWorld();
  await builtOf(sim, withInstances(2, ', environment: { LOG_LEVEL: info, OLD: planted-one }'));
  const next = await sampleIntent(withInstances(2, ', stopS: 50, environment: { LOG_LEVEL: debug, NEW: planted-two }'));
  const { steps } = await planned(sim, next);
  assert.deepEqual(
    steps.map(({ reason }) => reason),
    ['1', '2'].map((n) => `On demo-service-${n} LOG_LEVEL changed, NEW is new, OLD is gone, TimeoutStopSec changed.`),
  );
});

test('a release that does not serve stops at the first machine, is put back there, and is tried again only when that is asked for', async () => {
  await using sim = await simulatedWorld();
  const intent = await builtOf(sim);
  const next = released(intent, newId);
  for (const label of services) sim.machine(label).broken.add(newId);
  const watch = watchStops(sim, services);
  await assert.rejects(apply(sim.world, next, all), (error) => {
    assert.ok(error instanceof UnderstudyError);
    assert.equal(error.code, 'reconcile-release-rejected');
    assert.match(error.message, /demo-service-1 did not serve with the release b+: The service ended 3 times/);
    assert.match(error.message, /status=3\/NOTIMPLEMENTED[^]*ModuleNotFoundError[^]*journalctl -u understudy-service/);
    return true;
  });
  assert.deepEqual(watch, { stops: ['demo-service-1', 'demo-service-1'], wrong: [] });
  for (const label of services)
    assert.equal(
      sim.machine(label).links.get('/opt/understudy/current'),
      `/opt/understudy/releases/${intent.release.id}`,
    );
  assert.deepEqual(
    modes(sim),
    services.map((label) => `${label} accept`),
  );

  const again = await planned(sim, next);
  assert.deepEqual(again.steps, []);
  assert.match(again.obstacles[0]?.reason ?? '', /^The release b+ was rejected here at 2.* release deploy --again$/);
  await assert.rejects(apply(sim.world, next, all), (error) => {
    assert.ok(error instanceof UnderstudyError);
    assert.equal(error.code, 'reconcile-incomplete');
    assert.equal(error.message.split('demo-service-1').length, 2, error.message);
    return true;
  });
  assert.equal(watch.stops.length, 2);
  // Another release, and the same one with other settings, are no rejected ones.
  assert.equal((await planned(sim, released(intent, 'c'.repeat(16)))).obstacles.length, 0);
  const other = { ...next, topology: (await sampleIntent(withInstances(3, ', environment: { A: b }'))).topology };
  assert.equal((await planned(sim, other)).obstacles.length, 0);
});

test('a release that does not answer one of the paths reaches no user, and the earlier one need only be live', async () => {
  await using sim = await simulatedWorld();
  const intent = await builtOf(sim);
  const { topology } = await sampleIntent(
    withInstances(3, ', healthPath: /live, readyPath: /ready, rollout: { paths: [/search?q=a] }'),
  );
  const next = { ...released(intent, newId), topology };
  const asked: string[] = [];
  const { runner } = sim.world;
  const run: typeof runner.run = async (target, argv, options) => {
    const script = typeof options?.stdin === 'string' ? options.stdin : '';
    if (script.startsWith('end='))
      asked.push([...script.matchAll(/:5000(\S+)' \|\|/g)].map(([, path]) => path).join(' '));
    return await runner.run(target, argv, options);
  };
  const accepted = sim.region.store.balancerNodes.size;
  for (const label of services) {
    // The earlier release does not know the new paths either.
    sim.machine(label).unanswered.set(intent.release.id, ['/live', '/ready', '/search?q=a']);
    sim.machine(label).unanswered.set(newId, ['/search?q=a']);
  }
  await assert.rejects(apply({ ...sim.world, runner: { ...runner, run } }, next, all), (error) => {
    assert.match(
      String(error),
      /Within 10 s \(service\.rollout\.paths\) http:\/\/\S+:5000\/search\?q=a answered 500\./,
    );
    assert.ok(error instanceof UnderstudyError && error.code === 'reconcile-release-rejected', String(error));
    return true;
  });
  assert.deepEqual(asked, ['/live /ready', '/search?q=a', '/healthz']);
  assert.equal(modes(sim).filter((mode) => mode.endsWith('accept')).length, accepted);
});

test('a variable with which the service does not start is put back, and the other machines keep theirs', async () => {
  await using sim = await simulatedWorld();
  await builtOf(sim);
  const next = await sampleIntent(withInstances(3, ', environment: { MODE: wrong }'));
  for (const label of services) sim.machine(label).broken.add('MODE="wrong"');
  await assert.rejects(apply(sim.world, next, all), { code: 'reconcile-settings-rejected' });
  for (const label of services)
    assert.doesNotMatch(sim.machine(label).files.get('/etc/understudy/service.env')?.content ?? '', /MODE/);
  assert.deepEqual(
    modes(sim),
    services.map((label) => `${label} accept`),
  );
});

test('the first deployment of a release that does not start says the same, and puts nothing back', async () => {
  await using sim = await simulatedWorld();
  const intent = await sampleIntent();
  await apply(sim.world, intent, all);
  const machine = sim.machine('demo-service-1');
  machine.links.clear();
  machine.units.get(unit)!.active = false;
  machine.broken.add(newId);
  await assert.rejects(apply(sim.world, released(intent, newId), all), (error) => {
    assert.match(String(error), /ModuleNotFoundError[^]*had no other release or settings to put back/);
    return true;
  });
});

/** Kills the apply at a call; resolves with false when it ended before. */
function killedAt(sim: SimulatedWorld, atCall: number, intent: Intent): Promise<boolean> {
  return new Promise((resolve) => {
    const { world } = sim.connect({ atCall, moment: 'after', onKill: () => resolve(true) });
    const ended = (): void => resolve(false);
    void apply(world, intent, all).then(ended, ended);
  });
}

test('a change that was killed at any moment is finished by the next apply, and no stop met a user', async () => {
  let kills = 0;
  for (let atCall = 20; kills === (atCall - 20) / 9; atCall += 9) {
    await using sim = await simulatedWorld();
    const intent = await builtOf(sim, withInstances(2));
    const next = released(intent, newId);
    const watch = watchStops(sim, services.slice(0, 2));
    if (await killedAt(sim, atCall, next)) kills += 1;
    await apply(sim.world, next, all);
    assert.deepEqual(watch.wrong, [], `killed at call ${atCall}`);
    assert.deepEqual(modes(sim), ['demo-service-1 accept', 'demo-service-2 accept'], `killed at call ${atCall}`);
    assert.deepEqual(await planned(sim, next), { steps: [], obstacles: [] });
  }
  assert.ok(kills > 5, `${kills} kills`);
});
