// Can a lab run on this host? Each finding says what was seen and which command repairs it.
// Changes nothing.
import { readFile, statfs } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { addressIntervals, type Interval } from './firewall/intervals.ts';
import { hostShell, type HostShell } from './host/shell.ts';
import { hostLink } from './network/names.ts';
import { publicNetwork } from './region/public-network.ts';

export interface Finding {
  /** Stable name of the check: `root`, `program-haproxy`, `range-used`. */
  readonly check: string;
  /** A blocker stops `lab up`; a warning says what will differ from Linode. */
  readonly severity: 'blocker' | 'warning';
  readonly seen: string;
  /** The command or action that repairs it. */
  readonly remedy: string;
}

export interface HostFacts {
  readonly userId: number;
  /** Programs that are not on the path. */
  readonly missingPrograms: readonly string[];
  /** Kernel abilities that a trial showed to be missing. */
  readonly missingAbilities: readonly ('veth' | 'overlay' | 'nftables' | 'cgroup2' | 'loop')[];
  readonly memoryAvailableMb: number;
  readonly diskAvailableMb: number;
  /** Addresses and routes of the host (CIDR) with their links, the lab's own left out. */
  readonly ranges: readonly { readonly range: string; readonly link: string }[];
  /** State directory of the lab whose link is up, if any. */
  readonly labOwner: string | undefined;
}

export interface PreflightNeeds {
  readonly stateDirectory: string;
  /** Sum of what the machines will really use, not of their types. */
  readonly memoryMb: number;
  readonly diskMb: number;
}

/** Program -> Debian package that brings it. The last four build the image and the engine's package, at the first start. */
const neededPrograms: ReadonlyMap<string, string> = new Map([
  ['systemd-nspawn', 'systemd-container'],
  ['ip', 'iproute2'],
  ['nft', 'nftables'],
  ['haproxy', 'haproxy'],
  ['mkfs.ext4', 'e2fsprogs'],
  ['nsenter', 'util-linux'],
  ['sysctl', 'procps'],
  ['ssh-keygen', 'openssh-client'],
  ['debootstrap', 'debootstrap'],
  ['mvn', 'maven'],
  ['gpg', 'gnupg'],
  ['dpkg-deb', 'dpkg'],
]);

const abilityText = {
  veth: { seen: 'this kernel makes no veth links', remedy: 'modprobe veth' },
  overlay: { seen: 'this kernel has no overlay file system', remedy: 'modprobe overlay' },
  nftables: {
    seen: 'this kernel refuses the rules that firewalls need (nftables with connection tracking and NAT)',
    remedy: 'modprobe -a nf_tables nft_ct nft_nat',
  },
  cgroup2: {
    seen: 'this kernel has no cgroup v2, which the systemd of the machines needs',
    remedy: 'boot a kernel with cgroup v2',
  },
  loop: {
    seen: 'there is no /dev/loop-control: machines get plain directories, so a full or frozen disk cannot be tried',
    remedy: 'modprobe loop',
  },
} as const;

const overlaps = (left: readonly Interval[], right: readonly Interval[]): boolean =>
  left.some(([first, last]) => right.some(([otherFirst, otherLast]) => first <= otherLast && otherFirst <= last));

const programFindings = (missing: readonly string[]): readonly Finding[] =>
  missing.map((program) => ({
    check: `program-${program}`,
    severity: 'blocker',
    seen: `${program} is not on the path`,
    remedy: `apt-get install ${neededPrograms.get(program) ?? program}`,
  }));

const abilityFindings = (missing: HostFacts['missingAbilities']): readonly Finding[] =>
  missing.map((ability) => ({
    check: `kernel-${ability}`,
    severity: ability === 'loop' ? 'warning' : 'blocker',
    ...abilityText[ability],
  }));

const roomFindings = (facts: HostFacts, needs: PreflightNeeds): readonly Finding[] => {
  const findings: Finding[] = [];
  if (facts.memoryAvailableMb < needs.memoryMb) {
    findings.push({
      check: 'memory',
      severity: 'blocker',
      seen: `${facts.memoryAvailableMb} MB of memory are free, the lab needs ${needs.memoryMb} MB`,
      remedy: 'end other programs, or give the topology fewer machines or a smaller search.heapMb',
    });
  }
  if (facts.diskAvailableMb < needs.diskMb) {
    findings.push({
      check: 'disk',
      severity: 'blocker',
      seen: `${facts.diskAvailableMb} MB of disk are free at ${needs.stateDirectory}, the lab needs ${needs.diskMb} MB`,
      remedy: `free some, or put the lab's state on another disk`,
    });
  }
  return findings;
};

const rangeFindings = (facts: HostFacts): readonly Finding[] => {
  const own = addressIntervals([publicNetwork.range]);
  return facts.ranges
    .filter(({ range }) => overlaps(addressIntervals([range]), own))
    .map(({ range, link }) => ({
      check: 'range-used',
      severity: 'blocker',
      seen: `${range} on ${link} overlaps the lab's public network ${publicNetwork.range}`,
      remedy: `remove that address or route (ip address show dev ${link}; ip route show dev ${link})`,
    }));
};

/** Every finding, blockers and warnings; an empty list means that the lab can start. */
export const assessHost = (facts: HostFacts, needs: PreflightNeeds): readonly Finding[] => {
  const findings: Finding[] = [];
  if (facts.userId !== 0) {
    findings.push({
      check: 'root',
      severity: 'blocker',
      seen: `user ${facts.userId} runs this; machines, links and mounts need root`,
      remedy: 'run the same command with sudo',
    });
  }
  findings.push(
    ...programFindings(facts.missingPrograms),
    ...abilityFindings(facts.missingAbilities),
    ...roomFindings(facts, needs),
    ...rangeFindings(facts),
  );
  if (facts.labOwner !== undefined && facts.labOwner !== needs.stateDirectory) {
    findings.push({
      check: 'other-lab',
      severity: 'blocker',
      seen: `another lab, with its state in ${facts.labOwner || 'an unknown place'}, is up on this host; only one fits`,
      remedy: facts.labOwner
        ? `take the other one down: UNDERSTUDY_LAB_STATE=${facts.labOwner} understudy lab down`
        : 'take the other one down: understudy lab down',
    });
  }
  return findings;
};

const addressList = z.array(
  z.object({
    ifname: z.string().optional(),
    addr_info: z
      .array(z.object({ family: z.string(), local: z.string().optional(), prefixlen: z.number() }))
      .default([]),
  }),
);
const routeList = z.array(z.object({ dst: z.string(), dev: z.string().optional() }));
const linkList = z.array(z.object({ ifalias: z.string().optional() }));

/** Addresses and IPv4 routes of the host from `ip -json`, without the lab's own link and without defaults. */
export const hostRanges = (addressJson: string, routeJson: string): HostFacts['ranges'] => {
  const addresses = addressList
    .parse(JSON.parse(addressJson || '[]'))
    .flatMap(({ ifname = '?', addr_info }) =>
      addr_info.flatMap(({ family, local, prefixlen }) =>
        family === 'inet' && local !== undefined ? [{ range: `${local}/${prefixlen}`, link: ifname }] : [],
      ),
    );
  const routes = routeList
    .parse(JSON.parse(routeJson || '[]'))
    .flatMap(({ dst, dev = '?' }) =>
      dst === 'default' ? [] : [{ range: dst.includes('/') ? dst : `${dst}/32`, link: dev }],
    );
  return [...addresses, ...routes].filter(({ link }) => link !== hostLink);
};

/** Rules of every kind that the region uses, loaded into a namespace that ends with the command. */
const nftTrial = `table inet trial {
  chain guard { type filter hook prerouting priority raw; ct zone set iifname map { "a" : 1 }; }
  chain metadata { type nat hook prerouting priority dstnat; ip daddr 192.0.2.1 tcp dport 80 dnat ip to 192.0.2.2:81; }
  chain inbound { return; }
  chain forward { type filter hook forward priority filter; ct state established,related accept; oifname vmap { "a" : jump inbound }; }
}
`;

const missingAbilities = async (shell: HostShell): Promise<HostFacts['missingAbilities']> => {
  const fileSystems = async (): Promise<string> => readFile('/proc/filesystems', 'utf8').catch(() => '');
  const missing: HostFacts['missingAbilities'][number][] = [];
  const inTrial = ['unshare', '--net'] as const;
  if (
    (await shell.attempt([...inTrial, 'ip', 'link', 'add', 'probe0', 'type', 'veth', 'peer', 'name', 'probe1']))
      .code !== 0
  )
    missing.push('veth');
  if (!/\toverlay$/m.test(await fileSystems())) {
    const loadable = await shell.attempt(['modprobe', '--dry-run', 'overlay']);
    if (loadable.code !== 0) missing.push('overlay');
  }
  if ((await shell.attempt([...inTrial, 'nft', '-f', '-'], nftTrial)).code !== 0) missing.push('nftables');
  if (!/\tcgroup2$/m.test(await fileSystems())) missing.push('cgroup2');
  if (!existsSync('/dev/loop-control')) missing.push('loop');
  return missing;
};

const existingParent = (path: string): string =>
  existsSync(path) || path === '/' ? path : existingParent(dirname(path));

/** The state directory of the lab that is up on this host; empty when it does not say, undefined when none is up. */
export const labOwner = async (shell: HostShell = hostShell): Promise<string | undefined> => {
  const { code, stdout } = await shell.attempt(['ip', '-json', 'link', 'show', hostLink]);
  return code === 0 ? (linkList.parse(JSON.parse(stdout))[0]?.ifalias ?? '') : undefined;
};

const readHost = async (shell: HostShell, needs: PreflightNeeds): Promise<HostFacts> => {
  const userId = process.getuid?.() ?? -1;
  const missingPrograms: string[] = [];
  for (const program of neededPrograms.keys()) {
    if ((await shell.attempt(['sh', '-c', 'command -v "$1"', 'sh', program])).code !== 0) missingPrograms.push(program);
  }
  const memory = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const space = await statfs(existingParent(needs.stateDirectory));
  const [addresses, routes] = [
    await shell.attempt(['ip', '-json', '-4', 'address']),
    await shell.attempt(['ip', '-json', '-4', 'route']),
  ];
  return {
    userId,
    missingPrograms,
    // Without root or the programs every trial fails, whatever the kernel can do.
    missingAbilities: userId === 0 && missingPrograms.length === 0 ? await missingAbilities(shell) : [],
    memoryAvailableMb: Math.floor(Number(/^MemAvailable:\s+(\d+)/m.exec(memory)?.[1] ?? 0) / 1024),
    diskAvailableMb: Math.floor((space.bavail * space.bsize) / 1024 / 1024),
    ranges: hostRanges(addresses.stdout, routes.stdout),
    labOwner: await labOwner(shell),
  };
};

/** Reads this host and assesses it. */
export const preflight = async (needs: PreflightNeeds, shell: HostShell = hostShell): Promise<readonly Finding[]> =>
  assessHost(await readHost(shell, needs), needs);
