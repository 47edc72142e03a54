// The script that keeps one machine running: it enters the machine's control groups, starts systemd-nspawn, starts it
// again after a reboot from inside, and detaches the cables when the machine has powered itself off. A pure value.
import { ownerNamespace, regionNamespace } from '../network/names.ts';

export interface Launch {
  readonly machineId: number;
  readonly hostName: string;
  readonly root: string;
  /** Files that take the launcher's pid. */
  readonly cgroupEntries: readonly string[];
  /** The region's ends of the machine's cables. */
  readonly cables: readonly string[];
}

/** systemd-nspawn ends with this code, under --keep-unit, when the machine asked for a reboot. */
const rebootCode = 133;

const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

const nspawnArguments = ({ machineId, hostName, root }: Launch): readonly string[] => [
  'systemd-nspawn',
  '--settings=no',
  `--directory=${root}`,
  `--machine=${ownerNamespace('machine', machineId)}`,
  `--hostname=${hostName}`,
  '--boot',
  // The host may have no systemd of its own, and machines must outlive the daemon: nothing is registered anywhere.
  '--register=no',
  '--keep-unit',
  '--link-journal=no',
  `--network-namespace-path=/run/netns/${ownerNamespace('machine', machineId)}`,
  // For nftables, tc and sysctl inside, as root has on a real machine.
  '--capability=CAP_NET_ADMIN,CAP_SYSLOG',
  '--resolv-conf=off',
  '--timezone=off',
  '--console=read-only',
];

/**
 * SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: current systemd needs cgroup v2 inside, whatever the host has.
 * SYSTEMD_NSPAWN_API_VFS_WRITABLE: /proc/sys/net belongs to the machine's own namespace and may be written.
 */
export const launcherScript = (launch: Launch): string =>
  [
    '#!/bin/sh',
    ...launch.cgroupEntries.map((file) => `echo $$ >${quote(file)}`),
    'export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=network SYSTEMD_NSPAWN_LOCK=0',
    'while :; do',
    `  ${nspawnArguments(launch).map(quote).join(' ')}`,
    `  [ $? -eq ${rebootCode} ] || break`,
    'done',
    ...launch.cables.map((cable) => `ip -n ${regionNamespace} link delete ${cable}`),
    '',
  ].join('\n');
