// Keys made and revoked on machines that answer, or do not: what is not on every machine is never called done.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { silentLogger, systemClock, UnderstudyError } from '@understudy/foundation';
import { putKeysExits } from '../../src/machines/index.ts';
import { createKey, listKeys, revokeKey } from '../../src/operate/index.ts';
import { keyListText, readKeyList, type KeyList, type Session } from '../../src/operation/index.ts';
import { keptServiceKeys, openServiceKeys } from '../../src/operation/service-keys/index.ts';
import { machinePlans } from '../../src/topology/index.ts';
import { topology } from './small-region.ts';

const base = await mkdtemp(join(tmpdir(), 'understudy-keys-'));
after(() => rm(base, { recursive: true, force: true }));
const code = (wanted: string) => (error: unknown) => error instanceof UnderstudyError && error.code === wanted;

/** What a service machine does with the scripts; it keeps the list like a real one. */
class Machine {
  list = '';
  exit = 0;
  silent = false;
  /** What another operator does just before a list is written: the list that is there then. */
  readonly beforeWrite: ((ours: string) => string)[] = [];
  readonly scripts: string[] = [];

  run(script: string) {
    if (this.silent) throw new UnderstudyError('machines-unreachable', 'it cannot be reached over SSH: timed out.');
    this.scripts.push(script);
    if (script.startsWith('[ ! -e')) return { code: 0, stdout: this.list, stderr: '' };
    const [, base64 = ''] = /<<'UNDERSTUDY'\n(\S*)\n/.exec(script) ?? [];
    const text = Buffer.from(base64, 'base64').toString();
    const before = this.beforeWrite.shift();
    if (before !== undefined) this.list = before(text);
    const there = readKeyList(this.list)?.generation ?? 0;
    // As its script does with `replaces: older`.
    if (text !== this.list && there >= (readKeyList(text)?.generation ?? 0))
      return { code: putKeysExits.replaced, stdout: '', stderr: '' };
    this.list = text;
    return { code: this.exit, stdout: 'it said this', stderr: '' };
  }
}

function system(name: string, states: Readonly<Record<string, string>> = {}) {
  const machines = new Map(['demo-service-1', 'demo-service-2'].map((label) => [label, new Machine()]));
  const instances = machinePlans(topology)
    .map(({ label }, at) => ({
      ...{ id: at + 1, label, tags: ['understudy:demo'], status: states[label] ?? 'running' },
      ...{ ipv4: [`198.18.0.${at + 10}`], created: '2026-11-24T07:00:00' },
    }))
    .filter(({ status }) => status !== 'absent');
  const run = (target: { label: string }, argv: readonly string[], { stdin = '' }: { stdin?: string } = {}) => {
    assert.deepEqual(argv, ['sh', '-s'], 'no secret in an argument');
    return Promise.resolve().then(() => machines.get(target.label)?.run(stdin));
  };
  const linode = { instances: { list: () => Promise.resolve(instances) } };
  const world = { linode, runner: { run }, clock: systemClock, logger: silentLogger };
  const directory = join(base, name);
  const open = async (): Promise<Session> => {
    const serviceKeys = await openServiceKeys(directory);
    const readServiceKeys = async () => (await keptServiceKeys(directory)) ?? serviceKeys;
    return { topologyPath: 'topology.yaml', topology, world, serviceKeys, readServiceKeys } as never;
  };
  return { open, machine: (label: string) => machines.get(label) as Machine, directory };
}

const generationOf = (machine: Machine): number | undefined => readKeyList(machine.list)?.generation;
const nothing = () => undefined;
const web = { id: 'web', scopes: ['read'] as const };

test('a key is on every machine when the command ends, and gone from every machine when it is revoked', async () => {
  const { open, machine } = system('one');
  const shown: string[] = [];
  const made = await createKey(await open(), web, ({ bearer }) => shown.push(bearer.reveal()));
  assert.deepEqual(made.done, ['demo-service-1', 'demo-service-2']);
  assert.deepEqual(made.undone, []);
  assert.deepEqual(shown, [made.key.bearer.reveal()]);
  for (const label of made.done) assert.match(machine(label).list, /"id": "web"/);
  for (const { scripts } of made.done.map(machine)) assert.ok(!scripts.join('').includes(shown[0] ?? 'x'));
  await assert.rejects(createKey(await open(), web, nothing), code('service-key-exists'));
  assert.deepEqual((await listKeys(await open())).behind, []);
  const revoked = await revokeKey(await open(), 'web');
  assert.deepEqual(revoked.done, ['demo-service-1', 'demo-service-2']);
  for (const label of revoked.done) assert.doesNotMatch(machine(label).list, /"id": "web"/);
  await assert.rejects(revokeKey(await open(), 'web'), code('service-key-unknown'));
  await assert.rejects(revokeKey(await open(), 'understudy-tool'), code('service-key-unknown'));
});

for (const [name, hurt, reason] of [
  ['cannot be reached', (machine: Machine) => (machine.silent = true), /cannot be reached/],
  [
    'has a service that does not take them',
    (machine: Machine) => (machine.exit = putKeysExits.late),
    /has not taken the keys.*it said this/,
  ],
  [
    'has a service without keys',
    (machine: Machine) => (machine.exit = putKeysExits.withoutKeys),
    /started without keys/,
  ],
  ['cannot write', (machine: Machine) => (machine.exit = 1), /could not be written/],
] as const)
  test(`a revocation is not done on a machine that ${name}`, async () => {
    const { open, machine } = system(`hurt-${name}`);
    await createKey(await open(), web, nothing);
    hurt(machine('demo-service-2'));
    const revoked = await revokeKey(await open(), 'web');
    assert.deepEqual(revoked.done, ['demo-service-1']);
    assert.equal(revoked.undone[0]?.machine, 'demo-service-2');
    assert.match(revoked.undone[0].reason, reason);
  });

test('a revocation that a machine missed is brought there by another one; a machine that is off is named, one that is not there is not', async () => {
  const { open, machine } = system('missed');
  await createKey(await open(), web, nothing);
  machine('demo-service-2').silent = true;
  await revokeKey(await open(), 'web');
  machine('demo-service-2').silent = false;
  assert.deepEqual(
    (await listKeys(await open())).behind.map((one) => one.machine),
    ['demo-service-2'],
  );
  assert.deepEqual((await revokeKey(await open(), 'web')).undone, []);
  assert.equal(generationOf(machine('demo-service-2')), 3);

  const off = system('off', { 'demo-service-1': 'offline', 'demo-service-2': 'absent' });
  const made = await createKey(await off.open(), web, nothing);
  assert.deepEqual([made.done, made.undone.map((one) => one.machine)], [[], ['demo-service-1']]);
});

test('a newer list of another operator is taken over before it is changed; one of another system is left alone', async () => {
  const { open, machine } = system('second');
  await createKey(await open(), web, nothing);
  const { list } = (await open()).serviceKeys as { list: KeyList };
  const theirs = { generation: 9, keys: [...list.keys, { ...list.keys[1], id: 'theirs' }] } as KeyList;
  machine('demo-service-1').list = keyListText(theirs);
  await createKey(await open(), { id: 'mine', scopes: ['write'] }, nothing);
  const now = readKeyList(machine('demo-service-2').list);
  assert.deepEqual(
    [now?.generation, now?.keys.map(({ id }) => id)],
    [10, ['understudy-tool', 'web', 'theirs', 'mine']],
  );
  const foreign = { ...theirs, generation: 99, keys: theirs.keys.map((key) => ({ ...key, sha256: 'f'.repeat(64) })) };
  machine('demo-service-1').list = keyListText(foreign);
  await assert.rejects(revokeKey(await open(), 'web'), code('service-keys-foreign'));
  assert.equal(generationOf(machine('demo-service-1')), 99);
});

/** A list of another operator, made at the same moment as this one: with a key of theirs instead of the last one. */
const atTheSameMoment =
  (id: string) =>
  (ours: string): string => {
    const { generation, keys } = readKeyList(ours) as KeyList;
    const theirs = { ...(keys[0] as KeyList['keys'][number]), id, sha256: 'e'.repeat(64) };
    return keyListText({ generation, keys: [...keys.slice(0, -1), theirs] });
  };

test('two operators who make keys at the same moment both have theirs, and no key is shown twice', async () => {
  const { open, machine } = system('same-moment');
  machine('demo-service-1').beforeWrite.push(atTheSameMoment('theirs'));
  const shown: string[] = [];
  const made = await createKey(await open(), web, ({ bearer }) => shown.push(bearer.reveal()));
  assert.deepEqual(shown, [made.key.bearer.reveal()]);
  assert.deepEqual(made.undone, []);
  for (const label of ['demo-service-1', 'demo-service-2']) {
    const now = readKeyList(machine(label).list);
    assert.deepEqual([now?.generation, now?.keys.map(({ id }) => id)], [3, ['understudy-tool', 'theirs', 'web']]);
  }
  assert.deepEqual((await listKeys(await open())).behind, []);
});

test('when the other operator was second on one machine and has our key too, there is nothing to repeat', async () => {
  const { open, machine } = system('second-machine');
  machine('demo-service-2').beforeWrite.push((ours) => {
    const { generation, keys } = readKeyList(ours) as KeyList;
    const theirs = { ...(keys[0] as KeyList['keys'][number]), id: 'theirs', sha256: 'e'.repeat(64) };
    return keyListText({ generation: generation + 1, keys: [...keys, theirs] });
  });
  const made = await createKey(await open(), web, nothing);
  assert.deepEqual([made.done, made.undone], [['demo-service-1', 'demo-service-2'], []]);
  for (const label of made.done) {
    const now = readKeyList(machine(label).list);
    assert.deepEqual([now?.generation, now?.keys.map(({ id }) => id)], [3, ['understudy-tool', 'web', 'theirs']]);
  }
});

test('a name that another operator takes at the same moment is theirs', async () => {
  const { open, machine } = system('same-name');
  machine('demo-service-1').beforeWrite.push(atTheSameMoment('web'));
  await assert.rejects(createKey(await open(), web, nothing), code('service-key-exists'));
  const [mine, there] = [(await open()).serviceKeys?.list, readKeyList(machine('demo-service-1').list)];
  assert.deepEqual(mine, there);
});

test('a key is revoked from the list that another operator has made at the same moment', async () => {
  const { open, machine } = system('revoked-meanwhile');
  await createKey(await open(), web, nothing);
  machine('demo-service-1').beforeWrite.push((ours) => {
    const { generation, keys } = readKeyList(ours) as KeyList;
    const web2 = { ...(keys[0] as KeyList['keys'][number]), id: 'web', sha256: 'd'.repeat(64) };
    return keyListText({ generation, keys: [...keys, web2, { ...web2, id: 'theirs' }] });
  });
  const revoked = await revokeKey(await open(), 'web');
  assert.deepEqual(revoked.undone, []);
  for (const label of revoked.done)
    assert.deepEqual(
      readKeyList(machine(label).list)?.keys.map(({ id }) => id),
      ['understudy-tool', 'theirs'],
    );
});

test('others who are always first: the change is an error that says to repeat it', async () => {
  const { open, machine } = system('always-second');
  for (let n = 0; n < 9; n += 1) machine('demo-service-1').beforeWrite.push(atTheSameMoment(`theirs-${n}`));
  await assert.rejects(createKey(await open(), web, nothing), code('service-keys-overtaken'));
});
