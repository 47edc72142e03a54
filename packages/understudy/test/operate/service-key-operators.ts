// Operators of a system in the simulated region who exchange its service keys, and what its service machines let in.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Secret } from '@understudy/foundation';
import { ensureKeyPair, peerHeader } from '../../src/machines/index.ts';
import { exchange } from '../../src/operate/index.ts';
import { resolveIntent, type ServiceKeys, type Session } from '../../src/operation/index.ts';
import { openServiceKeys } from '../../src/operation/service-keys/index.ts';
import { linodeTarget } from '../../src/operation/linode-target.ts';
import { apply, confirmAll, plan } from '../../src/reconcile/index.ts';
import { observe, type World } from '../../src/observe/index.ts';
import { parseTopology } from '../../src/topology/index.ts';
import { sampleText } from '../simulation/sample-intent.ts';
import { peerSecretsOn, statusOf } from '../simulation/simulated-callers.ts';
import type { SimulatedWorld } from '../simulation/simulated-world.ts';

export const services = ['demo-service-1', 'demo-service-2'];
const { signal } = new AbortController();
export const base = await mkdtemp(join(tmpdir(), 'understudy-rotating-keys-'));
after(() => rm(base, { recursive: true, force: true }));

/** One operator's command, over a directory of keys. */
export async function opened(world: World, directory: string, text = sampleText): Promise<Session> {
  process.env['XDG_CONFIG_HOME'] = join(base, 'config');
  process.env['LINODE_TOKEN'] = 'token-of-the-test';
  const topology = parseTopology(text, { path: join(base, 'topology.yaml') });
  const serviceKeys = topology.service.auth === 'none' ? undefined : await openServiceKeys(directory);
  return {
    ...{ topologyPath: 'topology.yaml', topology, target: linodeTarget(), world, security: undefined },
    keyPair: await ensureKeyPair(join(base, 'ssh'), 'understudy'),
    ...{ privateKeyPath: '', hostKeysPath: '', serviceKeys },
    readServiceKeys: async () => serviceKeys && (await openServiceKeys(directory)),
    readSecurity: () => Promise.resolve(undefined),
    useKeyPair: () => assert.fail('nothing here has another key'),
    runnerWith: () => assert.fail('nothing here uses another key'),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

export async function made(sim: SimulatedWorld, name: string, text = sampleText) {
  const directory = join(base, name);
  const session = await opened(sim.world, directory, text);
  await session.serviceKeys?.keep();
  await apply(sim.world, await resolveIntent(session), { confirm: confirmAll });
  const keys = session.serviceKeys;
  return { directory, session, keys: keys as ServiceKeys };
}

export const rotate = (session: Session, request: Partial<Parameters<typeof exchange>[3]> = {}) =>
  exchange(session, 'service-keys', signal, { mayRemove: () => assert.fail('nobody is asked'), ...request });

const statuses = (sim: SimulatedWorld, header: string): number[] =>
  services.map((label) => statusOf(sim.machine(label), header));
export const withKey = (sim: SimulatedWorld, key: Secret): number[] =>
  statuses(sim, `Authorization: Bearer ${key.reveal()}`);
export const signedBy = (sim: SimulatedWorld, secret: Secret): number[] => {
  const request = { method: 'GET', path: '/whoami', caller: 'test' };
  return statuses(sim, peerHeader(secret, request, Date.now()).reveal());
};

export async function stepsLeft(sim: SimulatedWorld, session: Session) {
  const { steps, obstacles } = plan(await resolveIntent(session), await observe(sim.world, session.topology));
  return { steps: steps.map(({ reason }) => reason), obstacles: obstacles.map(({ reason }) => reason) };
}
export const nothing = { steps: [], obstacles: [] };

/** At this moment: every machine lets in the tool with the key that it uses, and every other machine with the secret that it signs with. */
export async function assertAllLetIn(sim: SimulatedWorld, directory: string): Promise<void> {
  const { toolKey } = await openServiceKeys(directory);
  assert.deepEqual(withKey(sim, toolKey), [200, 200], "the tool's key");
  for (const label of services) {
    const [signing = ''] = peerSecretsOn(sim.machine(label));
    for (const other of services)
      assert.ok(peerSecretsOn(sim.machine(other)).includes(signing), `${other} accepts what ${label} signs`);
  }
}

/** After each command on a machine. */
export function watched(world: World, look: () => Promise<void>): World {
  const run: World['runner']['run'] = async (...asked) => {
    const result = await world.runner.run(...asked);
    await look();
    return result;
  };
  return { ...world, runner: { ...world.runner, run } };
}
