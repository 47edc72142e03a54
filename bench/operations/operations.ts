// The operations: the topology file before and after the change. `apply` does the rest.
import type { FailoverProfile } from '../../packages/understudy/src/engines/index.ts';

export interface FileParts {
  readonly nodes: number;
  readonly version: string;
  readonly machineType: string;
}

export interface Operation {
  readonly name: string;
  readonly about: string;
  readonly before: FileParts;
  readonly after: FileParts;
}

const usual: FileParts = { nodes: 3, version: '9.5.3', machineType: 'g6-standard-2' };

function change(name: string, about: string, before: Partial<FileParts>, after: Partial<FileParts>): Operation {
  const start = { ...usual, ...before };
  return { name, about, before: start, after: { ...start, ...after } };
}

/** The lab has no 9.4: Maven Central has none of its parts. */
export const operations: readonly Operation[] = [
  change('shrink-5-3', 'from five search machines to three', { nodes: 5 }, { nodes: 3 }),
  change('shrink-7-3', 'from seven search machines to three', { nodes: 7 }, { nodes: 3 }),
  change('grow-3-5', 'from three search machines to five', {}, { nodes: 5 }),
  change(
    'replace',
    'three search machines are replaced by machines of another type',
    {},
    { machineType: 'g6-standard-4' },
  ),
  change(
    'upgrade-8.19',
    'three engines are upgraded from 8.19.21 to 9.5.3',
    { version: '8.19.21' },
    { version: '9.5.3' },
  ),
  change('upgrade-9.1', 'three engines are upgraded from 9.1.0 to 9.5.3', { version: '9.1.0' }, { version: '9.5.3' }),
];

export const systemName = 'bench-operations';

export function topologyText({ nodes, version, machineType }: FileParts, failover: FailoverProfile): string {
  return `name: ${systemName}
region: us-ord
network: { range: 10.40.0.0/24 }
access: { adminNetworks: [198.18.0.1/32] }
placement: { policy: flexible }
search:
  nodes: ${nodes}
  version: ${version}
  machineType: ${machineType}
  heap: 512m
  failover: ${failover}
  index: { name: documents, shards: 3, replicas: 1 }
service: { instances: 2, workers: 1 }
balancer: { listeners: [{ port: 80, protocol: http }] }
`;
}
