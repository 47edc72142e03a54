// A small topology and what it refers to, for tests that plan and apply. Security is off in it: its own tests turn it on.
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { releaseOf } from '../../src/machines/index.ts';
import { Secret } from '@understudy/foundation';
import type { Intent, ServiceKeys } from '../../src/operation/index.ts';
import { parseTopology } from '../../src/topology/index.ts';

export const sampleText = `
name: demo
region: us-ord
access: { adminNetworks: [198.51.100.0/24] }
search:
  version: 9.5.3
  security: off
  index: { name: documents, shards: 3 }
`;

/** The same with TLS and users. */
export const securedText = sampleText.replace('security: off', 'security: on');
export const securedOpenSearchText = securedText
  .replace('search:', 'search:\n  engine: opensearch')
  .replace('9.5.3', '3.4.0');

/** A system of so many machines, five at least: three fifths of them for search, an odd number; the rest for the service. */
export function sizedText(machines: number): string {
  const nodes = machines === 5 ? 3 : Math.round((machines * 3) / 5 / 2) * 2 + 1;
  return `
name: demo
region: us-ord
access: { adminNetworks: [198.51.100.0/24] }
network: { range: 10.20.0.0/20 }
placement: { policy: flexible }
search: { version: 9.5.3, security: off, nodes: ${nodes}, index: { name: documents, shards: 3 } }
service: { instances: ${machines - nodes} }
`;
}

const indexTemplate = {
  index_patterns: ['documents'],
  template: {
    settings: { index: { number_of_shards: 1, number_of_replicas: 0, refresh_interval: '1s' } },
    mappings: { dynamic: false, properties: { id: { type: 'keyword' }, content: { type: 'text' } } },
  },
};

export const gatewayId = 'd'.repeat(16);

const sampleKeyHash = createHash('sha256').update('t'.repeat(43)).digest('hex');

/** The same in every intent, so that two of them differ only in their topologies. */
export const sampleServiceKeys: ServiceKeys = {
  directory: '/nowhere/service/lab-demo',
  list: {
    generation: 1,
    keys: [{ id: 'understudy-tool', sha256: sampleKeyHash, scopes: ['read'], createdAt: '2026-11-30T00:00:00.000Z' }],
  },
  toolKey: new Secret(`us_understudy-tool_${'t'.repeat(43)}`),
  peerSecrets: [new Secret('p'.repeat(43))],
  generations: [`1-${sampleKeyHash.slice(0, 16)}`],
  exchange: undefined,
  keep: () => Promise.resolve(),
};

/** A release directory of two files is made in the temporary directory, for as long as the process lives. */
export async function sampleIntent(text = sampleText): Promise<Intent> {
  const directory = await mkdtemp(join(tmpdir(), 'understudy-release-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  await mkdir(join(directory, 'bin'));
  await writeFile(join(directory, 'bin/node'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(join(directory, 'service.mjs'), 'export {};\n');
  const topology = parseTopology(text, { path: '/topologies/demo.yaml' });
  const release = await releaseOf(directory);
  return {
    topology,
    authorizedKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAlFsqfkKpCz4yrKZrnkzPHlrHbkT3mZmDbA8N7xzS1k understudy'],
    repository: {
      uri: 'http://198.18.0.1:8600/apt',
      suite: 'stable',
      components: ['main'],
      key: { kind: 'trusted' },
      securityModule: true,
    },
    release,
    // Its content does not matter here.
    ...(topology.service.gateway === 'off' ? {} : { gatewayRelease: { ...release, id: gatewayId } }),
    indexTemplate,
    certificates: {},
    ...(topology.service.auth === 'none' ? {} : { serviceKeys: sampleServiceKeys }),
  };
}
