// The file by which one HAProxy worker hands the health of its servers to the next one. A server that has another address from now on is
// left out: HAProxy would take the port in the file for the right one, and what was known was of another server.
import type { BalancerSpec } from '../region/hardware.ts';
import { serverName } from './config.ts';

/** Columns of `show servers state`, format 1: https://docs.haproxy.org/2.6/management.html#show%20servers%20state */
const columns = { name: 3, address: 4, port: 18 } as const;

export interface KeptState {
  readonly text: string;
  /** Ids of the nodes that have another address now. */
  readonly moved: readonly number[];
}

export function keptState(state: string, { configs }: Pick<BalancerSpec, 'configs'>): KeptState {
  const wanted = new Map(
    configs.flatMap(({ nodes }) =>
      nodes.map((node) => [serverName(node), { id: node.id, address: `${node.address}:${node.port}` }] as const),
    ),
  );
  const moved: number[] = [];
  const lines = state.split('\n').filter((line) => {
    const cells = line.split(' ');
    const node = wanted.get(cells[columns.name] ?? '');
    if (node === undefined || node.address === `${cells[columns.address] ?? ''}:${cells[columns.port] ?? ''}`)
      return true;
    moved.push(node.id);
    return false;
  });
  return { text: lines.join('\n'), moved };
}
