// Only confirmed steps run: further steps of a later round need a new confirmation, and without it they do not run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnderstudyError } from '@understudy/foundation';
import { apply, confirmAll, type ConfirmRequest } from '../../src/reconcile/index.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';
import { simulatedWorld, type SimulatedWorld } from '../simulation/simulated-world.ts';

const intent = await sampleIntent();

/** Creates a machine outside of the tool, with this system's tag. */
async function createUnmanagedMachine({ world, region }: SimulatedWorld): Promise<number> {
  const { id } = await world.linode.instances.create({
    region: 'us-ord',
    type: 'g6-nanode-1',
    image: 'linode/debian13',
    label: 'demo-extra',
    tags: ['understudy:demo'],
    authorized_keys: intent.authorizedKeys,
    interface_generation: 'legacy_config',
  });
  await region.settled();
  return id;
}

async function stopService(sim: SimulatedWorld): Promise<void> {
  sim.machine('demo-service-1').units.get('understudy-service.service')!.active = false;
  return Promise.resolve();
}

function declined(added: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof UnderstudyError);
    assert.equal(error.code, 'reconcile-declined');
    assert.match(error.message, added);
    return true;
  };
}

test('a deletion that becomes necessary during the confirmation needs its own confirmation', async () => {
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, { confirm: confirmAll });
  await stopService(sim);
  const asked: ConfirmRequest[] = [];
  let unmanaged = 0;
  const outcome = apply(sim.world, intent, {
    confirm: async (request) => {
      asked.push(request);
      if (request.round === 1) unmanaged = await createUnmanagedMachine(sim);
      return request.round === 1;
    },
  });
  await assert.rejects(outcome, declined(/demo-extra delete: The instance demo-extra belongs to this system/));
  assert.ok(sim.hardware.machines.has(unmanaged), 'it is still there');
  assert.deepEqual(
    asked.map(({ added }) => added.map(({ id }) => id.replace(/-\d{3,}$/, ''))),
    [['demo-service-1/service'], ['demo-extra/delete-instance']],
  );
});

test('a step of a kind that was not shown needs a confirmation; one of a shown kind does not', async () => {
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, { confirm: confirmAll });
  await stopService(sim);
  const outcome = apply(sim.world, intent, {
    confirm: ({ round }) => {
      if (round === 1) sim.machine('demo-search-3').sysctls.set('net.ipv4.tcp_retries2', '15');
      return Promise.resolve(round === 1);
    },
  });
  await assert.rejects(outcome, declined(/demo-search-3 update: .*tcp_retries2 is 15/));
  assert.equal(sim.machine('demo-search-3').sysctls.get('net.ipv4.tcp_retries2'), '15');

  await stopService(sim);
  const rounds: number[] = [];
  await apply(sim.world, intent, {
    confirm: ({ round }) => {
      rounds.push(round);
      if (round === 1) sim.machine('demo-service-2').units.get('understudy-service.service')!.active = false;
      return Promise.resolve(true);
    },
  });
  assert.deepEqual(rounds, [1], 'the start of another service needs no second question');
});

test('an empty first plan confirms nothing: steps that appear after a failed read need a confirmation', async () => {
  await using sim = await simulatedWorld();
  await apply(sim.world, intent, { confirm: confirmAll });
  let observations = 0;
  let unmanaged = 0;
  const runner: typeof sim.world.runner = {
    ...sim.world.runner,
    run: async (target, argv, options) => {
      if (target.label === 'demo-search-2' && argv[2] === '--') {
        observations += 1;
        // The first observation cannot read this machine and has no steps; before the second one, a machine is created.
        if (observations === 1) throw new UnderstudyError('machines-unreachable', 'no answer');
        if (observations === 2) unmanaged = await createUnmanagedMachine(sim);
      }
      return await sim.world.runner.run(target, argv, options);
    },
  };
  // New machines would only get a wait step.
  const clock = { ...sim.world.clock, now: () => sim.world.clock.now() + 3_600_000 };
  const outcome = apply({ ...sim.world, runner, clock }, intent, { confirm: () => Promise.resolve(false) });
  // The observation that read the machine again may have started before or after the creation: in both cases nothing is deleted.
  await outcome.catch(declined(/nothing was changed/));
  assert.ok(observations >= 2, 'it was looked at again');
  assert.ok(sim.hardware.machines.has(unmanaged));
});
