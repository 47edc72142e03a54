// Rules that drop packets of one machine: an nftables table of the drill's own; no other table is changed.
// The machine's management stays open: SSH is accepted before anything is dropped, and only addresses of the private network are named.
import { deadManDirectory } from './dead-man.ts';

const drillTable = 'understudy_drill';

export interface Cut {
  /** Private addresses of the other side. */
  readonly peers: readonly string[];
  /** Seen from the machine that carries the rules. */
  readonly direction: 'both' | 'in' | 'out';
  /** Share of packets to drop, in percent; 100 is a cut. */
  readonly percent: number;
}

/** The table as nft reads it. Before the usual filter (priority 0), so that no accept of a firewall comes first. */
export function drillRules({ peers, direction, percent }: Cut): string {
  const set = `{ ${peers.join(', ')} }`;
  const some = percent === 100 ? '' : `numgen random mod 100 < ${percent} `;
  const chain = (hook: 'input' | 'output', match: string): string[] => [
    `  chain ${hook} {`,
    `    type filter hook ${hook} priority -150; policy accept;`,
    '    tcp dport 22 accept',
    '    tcp sport 22 accept',
    `    ${match} ${set} ${some}counter drop`,
    '  }',
  ];
  return [
    `table inet ${drillTable} {`,
    ...(direction === 'out' ? [] : chain('input', 'ip saddr')),
    ...(direction === 'in' ? [] : chain('output', 'ip daddr')),
    '}',
    '',
  ].join('\n');
}

/** Adds the table; replaces one that is there, in the same transaction. */
export function addRules(cut: Cut): string {
  return [
    'set -e',
    `mkdir -p ${deadManDirectory}`,
    "nft -f - <<'RULES'",
    `table inet ${drillTable}`,
    `delete table inet ${drillTable}`,
    drillRules(cut).trimEnd(),
    'RULES',
  ].join('\n');
}

/** Deletes the drill's table and nothing else; fine when it is not there. */
export const deleteRules = `nft delete table inet ${drillTable} 2>/dev/null || true`;

/** Exit 0 when the rules have dropped packets: rules that match nothing have no effect. */
export const rulesDropped =
  `n=$(nft list table inet ${drillTable} | sed -n 's/.*counter packets \\([0-9]*\\).*/\\1/p' | awk '{s+=$1} END {print s+0}'); ` +
  'echo "$n packets dropped"; [ "$n" -gt 0 ]';

export const rulesGone = `if nft list table inet ${drillTable} >/dev/null 2>&1; then echo 'rules are present'; exit 1; fi; echo 'rules are removed'`;

/** Prints why nft cannot do it here. */
export const nftSupport =
  "command -v nft >/dev/null || { echo 'nft is not installed'; exit 1; }; nft list tables >/dev/null 2>&1 || { echo 'permission denied for nft on this machine'; exit 1; }";
