// No text of a topology becomes a line of its own in a file of a machine: each text of a full topology gets a second line, which the
// topology refuses, or which is nowhere at the beginning of a line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { Secret } from '@understudy/foundation';
import { filesOf, gatewayFilesOf, userDataOf, type Intent } from '../../src/operation/index.ts';
import { machinePlans, parseTopology, TopologyError } from '../../src/topology/index.ts';
import { sampleIntent } from '../simulation/sample-intent.ts';

const full = {
  name: 'demo',
  region: 'us-ord',
  image: 'linode/debian13',
  network: { range: '10.20.0.0/24', balancerRange: '10.20.0.248/30' },
  search: {
    engine: 'elasticsearch',
    version: '9.5.3',
    machineType: 'g6-standard-4',
    heap: '1g',
    indices: [{ name: 'documents', template: 'none', aliases: ['all'] }],
  },
  service: {
    runtime: 'binary',
    artifact: './mine',
    command: ['./run', '-p', '{port}'],
    machineType: 'g6-standard-2',
    healthPath: '/healthz',
    readyPath: '/ready',
    environment: { LOG_LEVEL: 'info' },
    secrets: { API_KEY: './key' },
  },
  balancer: {
    listeners: [
      { port: 443, protocol: 'https', certificate: { acme: { domains: ['a.example.org'], email: 'ops@example.org' } } },
    ],
    allow: ['203.0.113.0/24'],
    check: { type: 'http_body', path: '/healthz', body: 'ok' },
  },
  access: { sshKeys: ['./id.pub'], adminNetworks: ['203.0.113.7/32'] },
};

type Node = Readonly<Record<string, unknown>> | readonly unknown[];

/** Every text, by path; of mappings with free names the names too. */
function textsIn(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value === 'string') return [[...path]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value as Node).flatMap(([key, inner]) => textsIn(inner, [...path, key]));
}

function planted(path: readonly string[], added: string): unknown {
  const copy = structuredClone(full) as Record<string, unknown>;
  const last = path.at(-1) ?? '';
  const owner = path.slice(0, -1).reduce<Record<string, unknown>>((here, key) => here[key] as typeof here, copy);
  owner[last] = `${String(owner[last])}${added}`;
  return copy;
}

/** Lines of every file that a machine gets, and of its user data's files and commands; as systemd and shells see lines. */
function linesOf(intent: Intent): string[] {
  return machinePlans(intent.topology).flatMap((machine) => {
    const userData = parse(userDataOf(intent, machine)) as { write_files: { content: string }[]; runcmd: unknown };
    const files = [
      ...filesOf(intent, machine, 'bootstrap'),
      ...(machine.role === 'service' ? gatewayFilesOf(intent) : []),
    ];
    const contents = [...files, ...userData.write_files].map(({ content }) => content);
    return [...contents, JSON.stringify(userData.runcmd)].flatMap((content) => content.split(/[\n\r]/));
  });
}

async function outcome(topology: unknown): Promise<'refused' | 'harmless' | 'planted'> {
  try {
    const { serviceKeys, ...sample } = await sampleIntent();
    const parsed = parseTopology(JSON.stringify(topology), { path: '/topologies/demo.yaml' });
    const intent: Intent = {
      ...sample,
      topology: parsed,
      ...(parsed.service.auth === 'none' || !serviceKeys ? {} : { serviceKeys }),
      secrets: { API_KEY: new Secret('one line') },
    };
    return linesOf(intent).some((line) => /^\s*PLANTED/.test(line)) ? 'planted' : 'harmless';
  } catch (error) {
    if (error instanceof TopologyError) return 'refused';
    throw error;
  }
}

test('the full topology itself is accepted', async () => {
  assert.equal(await outcome(full), 'harmless');
});

for (const path of textsIn(full)) {
  test(`${path.join('.')}: a second line does not get into a file`, async () => {
    for (const end of ['\n', '\r\n', '\r']) {
      assert.notEqual(await outcome(planted(path, `${end}PLANTED=yes`)), 'planted', JSON.stringify(end));
    }
  });
}

test('where it matters it is refused, and a name of a variable is none with a second line', async () => {
  const matters = [
    ['service', 'command', '0'],
    ['service', 'command', '1'],
    ['service', 'environment', 'LOG_LEVEL'],
    ['name'],
    ['search', 'version'],
    ['access', 'adminNetworks', '0'],
  ];
  for (const path of matters) assert.equal(await outcome(planted(path, '\nPLANTED=yes')), 'refused', path.join('.'));
  for (const name of ['A\nPLANTED', 'A=1\nPLANTED', '']) {
    const topology = structuredClone(full);
    Object.assign(topology.service.environment, { [name]: 'x' });
    assert.equal(await outcome(topology), 'refused', JSON.stringify(name));
  }
});
