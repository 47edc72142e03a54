// Every option has an effect: a change of its value changes what is sent to Linode, to the machines, to the engine or to a drill.
// The same file twice gives no difference, so a difference is caused by the option.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { stringify } from 'yaml';
import { openSystemUnderTest } from '../../src/drills/open-system.ts';
import { linodeTarget } from '../../src/operation/linode-target.ts';
import { securityOf } from '../../src/operation/security.ts';
import { resolveIntent, type Session } from '../../src/operation/session.ts';
import { drillsNamed, planRun } from '../../src/drills/index.ts';
import { ensureKeyPair, type KeyPair } from '../../src/machines/index.ts';
import { selfSignedCertificate } from '../../src/operation/certificate.ts';
import { apply, confirmUnlessDestructive } from '../../src/reconcile/index.ts';
import { machinePlans, parseTopology, topologyJsonSchema } from '../../src/topology/index.ts';
import { sampleServiceKeys } from '../simulation/sample-intent.ts';
import { simulatedWorld } from '../simulation/simulated-world.ts';
import { rolloutEffects } from './rollout-effects.ts';
import { optionChanges, type OptionChange } from './option-changes.ts';

const common = {
  name: 'demo',
  region: 'us-ord',
  // Certificates differ at each run.
  search: { version: '9.5.3', security: 'off' },
  // Small, without the gateway and its Node, so that the releases are built quickly.
  service: { runtime: 'python', artifact: './own-service', command: ['./start'], gateway: 'off' },
  access: { adminNetworks: ['198.51.100.0/24'] },
};

let base = '';
let keyPair: KeyPair;
const cacheBefore = process.env['UNDERSTUDY_CACHE'];

/** The files that the table refers to. */
async function writeReferences(): Promise<void> {
  const put = async (path: string, content: string): Promise<void> => {
    await mkdir(join(base, path, '..'), { recursive: true });
    await writeFile(join(base, path), content, { mode: path.endsWith('/start') ? 0o700 : 0o600 });
  };
  await put('own-service/start', '#!/bin/sh\n');
  await put('other-service/start', '#!/bin/sh\nexit 1\n');
  await put('index.json', '{"mappings": {"dynamic": false}}');
  await put('secrets/one', 'first');
  await put('secrets/two', 'second');
  for (const name of ['one', 'two']) {
    const { publicKey } = await ensureKeyPair(join(base, 'made', name), name);
    await put(`keys/${name}.pub`, publicKey);
  }
  const { certificatePem, keyPem } = await selfSignedCertificate('demo', undefined, Date.now());
  await put('tls/one.pem', certificatePem);
  await put('tls/one-again.pem', `Renewed.\n${certificatePem}`);
  await put('tls/one.key', keyPem.reveal());
  await put('tls/one-again.key', keyPem.reveal().replaceAll('\n', '\r\n'));
}

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'understudy-options-'));
  process.env['UNDERSTUDY_CACHE'] = join(base, 'cache');
  process.env['XDG_CONFIG_HOME'] = join(base, 'config');
  process.env['LINODE_TOKEN'] = 'never-sent';
  keyPair = await ensureKeyPair(join(base, 'made', 'tool'), 'understudy');
  await writeReferences();
});

after(async () => {
  if (cacheBefore === undefined) delete process.env['UNDERSTUDY_CACHE'];
  else process.env['UNDERSTUDY_CACHE'] = cacheBefore;
  await rm(base, { recursive: true, force: true });
});

type Node = Readonly<Record<string, unknown>>;

/** Every option of the JSON Schema, by path. */
function optionsOf(schema: Node, path = ''): string[] {
  const { anyOf, properties, type, items, additionalProperties } = schema;
  if (Array.isArray(anyOf)) return [...new Set((anyOf as Node[]).flatMap((one) => optionsOf(one, path)))];
  if (properties)
    return Object.entries(properties).flatMap(([key, inner]) =>
      optionsOf(inner as Node, path === '' ? key : `${path}.${key}`),
    );
  if (type === 'object') return optionsOf(additionalProperties as Node, `${path}.*`);
  if (type === 'array') return optionsOf(items as Node, `${path}[]`);
  return [path];
}

/** A file with the values set; a list or a mapping of free names is set as a whole, at the path before it. */
function fileWith(values: Readonly<Record<string, unknown>>): string {
  const file = structuredClone(common) as Record<string, unknown>;
  for (const [path, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const keys = path.replace(/(\[\]|\.\*|\.maxAgeHours|(?<=workload|gateway|auth)\.).*$/, '').split('.');
    const last = keys.pop() ?? '';
    const owner = keys.reduce<Record<string, unknown>>(
      (here, key) => (here[key] ??= {}) as Record<string, unknown>,
      file,
    );
    owner[last] = value;
  }
  return stringify(file);
}

/** Replaces ids and random values with constants. */
function plain(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (/(^|_)ids?$/.test(key)) return '#';
    if (key === 'root_pass') return '#';
    return inner;
  });
}

/** All effects of a topology: requests, files, engine state, the intent, and the run plans of its drills. */
async function effects(text: string): Promise<string> {
  const path = join(base, 'topology.yaml');
  const topology = parseTopology(text, { path });
  const requests: string[] = [];
  await using sim = await simulatedWorld({
    listener: ({ method, url, sent }) => {
      if (method !== 'GET') requests.push(`${method} ${url.replaceAll(/\/\d+/g, '/#')} ${plain(sent)}`);
    },
  });
  const target = linodeTarget();
  const security = await securityOf(topology, target.name);
  const session: Session = {
    ...{ topologyPath: 'topology.yaml', topology, target, world: sim.world, security },
    serviceKeys: topology.service.auth === 'none' ? undefined : sampleServiceKeys,
    ...{ keyPair, privateKeyPath: '', hostKeysPath: '' },
    readServiceKeys: () => Promise.resolve(topology.service.auth === 'none' ? undefined : sampleServiceKeys),
    readSecurity: () => Promise.resolve(security),
    useKeyPair: () => assert.fail('nothing here is exchanged'),
    runnerWith: () => assert.fail('nothing here uses another key'),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const intent = await resolveIntent(session);
  await apply(sim.world, intent, { confirm: confirmUnlessDestructive });
  const machines = machinePlans(topology).map(({ label }) => {
    const { files, packages, releases } = sim.machine(label);
    return [label, [...files].sort(), [...packages], [...releases].sort()];
  });
  const rollout = await rolloutEffects(sim, intent);
  const [cluster] = [...sim.clusters.identities.values()];
  const system = await openSystemUnderTest(session, path);
  const [drill] = drillsNamed(['search-stop']);
  assert.ok(drill && cluster);
  const run = planRun(system, drill, { seed: 1 });
  return [
    ...requests.toSorted(),
    plain(machines),
    plain([...cluster.templates]),
    plain([...cluster.indices]),
    ...rollout,
    plain({ goals: run.goals, power: system.power !== null, snapshot: system.snapshot }),
    plain({ adapter: run.workload.adapter, rewriteShare: run.workload.rewriteShare }),
  ].join('\n');
}

test('every option of the schema has a change in the table, and the table has no other', () => {
  assert.deepEqual(Object.keys(optionChanges).sort(), optionsOf(topologyJsonSchema()).sort());
});

test('the same file twice has the same effects', async () => {
  const text = fileWith({});
  assert.equal(await effects(text), await effects(text));
});

const known = new Map<string, Promise<string>>();

/** Most options are compared with the same file. */
function effectsOnce(text: string): Promise<string> {
  const found = known.get(text) ?? effects(text);
  known.set(text, found);
  return found;
}

const sides = (option: string, { from, to, beside, together }: OptionChange) => ({
  one: fileWith({ [option]: from, ...beside }),
  other: fileWith({ ...beside, ...together, [option]: to }),
});

for (const [option, change] of Object.entries(optionChanges)) {
  if (change.testedIn !== undefined) continue;
  test(`${option} has an effect`, async () => {
    const { one, other } = sides(option, change);
    assert.notEqual(one, other);
    assert.notEqual(await effects(other), await effectsOnce(one), `${option} is read and has no effect`);
  });
}
