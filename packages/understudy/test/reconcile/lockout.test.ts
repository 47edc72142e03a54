// When no machine is reachable, the plan must not treat the machines as down; and a change that locks out the operator gives a warning.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { seen, unknown } from '@understudy/foundation';
import { apply, confirmAll, plan } from '../../src/reconcile/index.ts';
import type { Intent } from '../../src/operation/index.ts';
import { stepId } from '../../src/reconcile/plan/step-id.ts';
import { assessHealth } from '../../src/status/index.ts';
import { observe, type Observation } from '../../src/observe/index.ts';
import { sampleIntent, sampleText } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';

const intent = await sampleIntent();
const moved: Intent = {
  ...intent,
  topology: (await sampleIntent(sampleText.replace('198.51.100.0/24', '203.0.113.0/24'))).topology,
};

const noAnswer = unknown('connect ETIMEDOUT', 'machines-unreachable');

describe('machines that do not answer over SSH', () => {
  let healthy: Observation;
  before(async () => {
    await using sim = await simulatedWorld();
    await apply(sim.world, intent, { confirm: confirmAll });
    const observation = await observe(sim.world, intent.topology);
    healthy = { ...observation, at: new Date(Date.parse(observation.at) + 3_600_000).toISOString() };
  });

  /** An hour later these machines do not answer. The engine is read through the machines, so without any machine it is unknown. */
  function unanswered(labels: readonly string[], status = 'UP'): Observation {
    const balancers = healthy.objects.balancers.map((one) => ({
      ...one,
      configs: one.configs.map(({ config, nodes }) => ({
        config,
        nodes: nodes.map((node) => (labels.includes(node.label) ? { ...node, status } : node)),
      })),
    }));
    const lost = Object.fromEntries(labels.map((label) => [label, noAnswer]));
    const all = Object.keys(healthy.machines).every((label) => labels.includes(label));
    const cluster = healthy.cluster.state === 'seen' && !all ? withoutMembers(healthy.cluster.value, labels) : noAnswer;
    return {
      ...healthy,
      objects: { ...healthy.objects, balancers: balancers },
      machines: { ...healthy.machines, ...lost },
      cluster,
    };
  }

  function withoutMembers(
    cluster: Extract<Observation['cluster'], { state: 'seen' }>['value'],
    labels: readonly string[],
  ) {
    assert.ok(cluster.membership.state === 'seen');
    const { nodes } = cluster.membership.value;
    const membership = seen({ ...cluster.membership.value, nodes: nodes.filter(({ name }) => !labels.includes(name)) });
    return seen({ ...cluster, membership });
  }

  const everyone = ['demo-search-1', 'demo-search-2', 'demo-search-3', 'demo-service-1', 'demo-service-2'];

  test('no machine is reachable and the balancer reports them UP: one obstacle, nothing is changed', () => {
    const { steps, obstacles } = plan(intent, unanswered(everyone));
    assert.deepEqual(steps, []);
    assert.equal(obstacles.length, 1);
    assert.match(obstacles[0]!.reason, /fault is on this side.*198\.51\.100\.0\/24.*access\.adminNetworks/s);
    assert.equal(assessHealth(unanswered(everyone), intent.topology).verdict, 'unknown');
  });

  test('during a lockout the firewalls are still updated to the networks of the file', () => {
    const { steps, obstacles } = plan(moved, unanswered(everyone));
    assert.deepEqual(steps.map(({ id }) => id).sort(), ['demo-search/update', 'demo-service/update']);
    assert.equal(obstacles.length, 1);
  });

  test('no machine is reachable and none serves: no machine is rebooted', () => {
    const { steps, obstacles } = plan(intent, unanswered(everyone, 'DOWN'));
    assert.deepEqual(
      steps.filter(({ action }) => action === 'reboot'),
      [],
    );
    assert.match(obstacles.map(({ reason }) => reason).join(' '), /no other machine answers either/);
  });

  test('an unreachable machine that does not serve is rebooted, if other machines answer', () => {
    const { steps } = plan(intent, unanswered(['demo-search-2', 'demo-service-2'], 'DOWN'));
    const reboots = steps.filter(({ action }) => action === 'reboot');
    assert.deepEqual(
      reboots.map(({ subject }) => subject),
      ['demo-search-2', 'demo-service-2'],
    );
    assert.ok(
      reboots[1]!.after.includes(stepId.instanceReady('demo-search-2')),
      'one at a time, the second when the first is up again',
    );
  });

  test('an unreachable machine that serves is not changed', () => {
    const { steps, obstacles } = plan(intent, unanswered(['demo-service-2']));
    assert.deepEqual(steps, []);
    assert.match(obstacles[0]!.reason, /It serves, but does not answer over SSH/);
  });

  test('a firewall change that locks out the address of the operator has a warning and must be confirmed', () => {
    const from = (address: string): Observation => ({
      ...healthy,
      machines: Object.fromEntries(
        Object.entries(healthy.machines).map(([label, machine]) => {
          assert.ok(machine.state === 'seen');
          return [label, seen({ ...machine.value, operatorAddress: seen(address) })];
        }),
      ),
    });
    const closing = plan(moved, from('198.51.100.7')).steps;
    assert.equal(closing.length, 2);
    for (const { destructive, reason } of closing) {
      assert.equal(destructive, true);
      assert.match(reason, /locks you out: you connect from 198\.51\.100\.7/);
    }
    for (const { destructive } of plan(moved, from('203.0.113.9')).steps) assert.equal(destructive, false);
  });
});
