// Values that are accepted and most likely not meant for this target: the lab's on Linode, Linode's in the lab, or one that gives
// up what this tool is for. Refuses nothing.
import { untriedVersion } from '../engines/index.ts';
import { durability, passiveCheck } from './warnings-both.ts';
import { contains, parseRange, range, type Range } from './address.ts';
import { labGoals } from './example.ts';
import { heapFor, machineSize } from './machine-types.ts';
import type { DrillGoals, Topology } from './model.ts';
import { problemAt } from './parse.ts';
import type { TargetName } from './target-name.ts';
import type { Found, Warning } from './warning.ts';

/** Where the topology is to be built. `memoryMb` is the memory of the host that carries a lab. */
export type WarnedTarget =
  | { readonly name: Extract<TargetName, 'linode'> }
  | { readonly name: Extract<TargetName, 'lab'>; readonly memoryMb: number };

export function topologyWarnings(topology: Topology, target: WarnedTarget): Warning[] {
  const found =
    target.name === 'linode'
      ? [
          ...heapOnLinode(topology),
          ...versionOnLinode(topology),
          ...adminNetworksOnLinode(topology),
          ...certificatesOnLinode(topology),
          ...goalsOnLinode(topology),
          ...publicOnLinode(topology),
        ]
      : [...heapInLab(topology, target.memoryMb), ...adminNetworksInLab(topology)];
  return [...found, ...durability(topology), ...passiveCheck(topology)].map(({ id, path, ...words }) => {
    const { field, line, column, saw, message, remedy } = problemAt(topology, path, { ...words, allowed: '' });
    return { id, field, ...(line && { line }), ...(column && { column }), saw, message, remedy };
  });
}

const heapPath = ['search', 'heap'] as const;

function heapOnLinode({ search }: Topology): Found[] {
  const size = machineSize(search.machineType);
  if (size === undefined || search.heapMb * 4 >= size.memoryMb) return [];
  return [
    {
      id: 'heap-small-for-machine',
      path: heapPath,
      saw: `${search.heapMb}m`,
      message: `${search.machineType} has ${size.memoryMb} MB, of which the engine would use less than a quarter`,
      remedy: `remove the line for ${heapFor(size)}m, half of the machine`,
    },
  ];
}

function heapInLab({ search }: Topology, memoryMb: number): Found[] {
  const { nodes, heapMb } = search;
  if (nodes * heapMb * 2 <= memoryMb) return [];
  return [
    {
      id: 'heap-above-host',
      path: heapPath,
      saw: `${heapMb}m on each of ${nodes} machines`,
      message: `they all run on this host, which has ${memoryMb} MB, and heaps should take half of that at most`,
      remedy: 'write heap: 512m',
    },
  ];
}

function versionOnLinode({ search }: Topology): Found[] {
  const untried = untriedVersion(search);
  if (untried === undefined) return [];
  const { engine, version } = search;
  return [
    {
      id: 'version-untried',
      path: ['search', 'version'],
      saw: version,
      message:
        `it is newer than ${engine} ${untried.newestTried}, the newest that this tool was tested with, and whether it was ` +
        'released is known only when the machines download it',
      remedy: "look it up on the vendor's page of releases, and test it in the lab first",
    },
  ];
}

/** RFC 2544 and RFC 5737: addresses for benchmarks and for documentation, which no host has. */
const labAddresses = range('198.18.0.0/15');
const exampleAddresses = [range('192.0.2.0/24'), range('198.51.100.0/24'), range('203.0.113.0/24')];
/** RFC 1918, RFC 6598, RFC 3927 and loopback: they exist behind a router, and no machine of Linode sees them as a source. */
const privateAddresses = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
];
const ownAddress = 'write the public address you work from, followed by /32, or the range of your VPN';

function adminNetworksOnLinode({ access }: Topology): Found[] {
  return access.adminNetworks.flatMap((saw, index): Found[] => {
    const given = parseRange(saw);
    if (given === undefined) return [];
    const path = ['access', 'adminNetworks', index];
    if (contains(labAddresses, given)) {
      const message = 'it is used only inside the lab (198.18.0.0/15), so on Linode it gives nobody access over SSH';
      return [{ id: 'admin-network-lab-only', path, saw, message, remedy: ownAddress }];
    }
    if (exampleAddresses.some((example) => contains(example, given))) {
      const message = 'it is reserved for documentation, and no computer has such an address';
      return [{ id: 'admin-network-example', path, saw, message, remedy: ownAddress }];
    }
    if (privateAddresses.some((outer) => contains(range(outer), given))) {
      const message =
        'it is a private address; your connections reach the machines from the public address of your router';
      return [{ id: 'admin-network-private', path, saw, message, remedy: ownAddress }];
    }
    return [];
  });
}

/** This host, as the lab's machines see it. */
const labOperator = '198.18.0.1';

function adminNetworksInLab({ access }: Topology): Found[] {
  const ranges = access.adminNetworks
    .map(parseRange)
    .filter((given): given is Range & { exact: boolean } => given !== undefined);
  if (ranges.some((given) => contains(given, range(`${labOperator}/32`)))) return [];
  return [
    {
      id: 'admin-network-misses-lab',
      path: ['access', 'adminNetworks'],
      saw: access.adminNetworks.join(', '),
      message: `connections from this host reach the lab's machines from ${labOperator}, which this list does not allow`,
      remedy: `add ${labOperator}/32`,
    },
  ];
}

function certificatesOnLinode({ balancer }: Topology): Found[] {
  return balancer.listeners.flatMap(({ port, certificate }, index): Found[] => {
    if (certificate !== 'self-signed') return [];
    return [
      {
        id: 'certificate-self-signed',
        path: ['balancer', 'listeners', index, 'certificate'],
        saw: `self-signed on port ${port}`,
        message: "users' browsers and clients refuse it",
        remedy: 'name PEM files: {certPath: ./tls/fullchain.pem, keyPath: ./tls/key.pem}',
      },
    ];
  });
}

function publicOnLinode({ service }: Topology): Found[] {
  if (service.auth !== 'public') return [];
  return [
    {
      id: 'service-public',
      path: ['service', 'auth'],
      saw: 'public',
      message: 'everybody who reaches the balancer reads, changes and deletes every document',
      remedy: 'remove the line, and give each caller a key: understudy keys create NAME --scope read',
    },
  ];
}

function goalsOnLinode({ drills }: Topology): Found[] {
  const same = (one: DrillGoals, other: DrillGoals): boolean =>
    JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
  return Object.entries(drills.goals).flatMap(([drill, goals]): Found[] => {
    const lab = labGoals[drill];
    if (lab === undefined || !same(goals, lab)) return [];
    return [
      {
        id: 'goals-of-the-lab',
        path: ['drills', 'goals', drill],
        saw: JSON.stringify(goals),
        message: 'these are the less strict goals of a lab with two CPU cores',
        remedy: "remove them for the catalogue's own, see `understudy drill list`",
      },
    ];
  });
}
