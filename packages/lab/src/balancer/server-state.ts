// The file by which one HAProxy worker hands the health of its servers to the next one. A server that has another address from now on is
// left out: HAProxy would take the port in the file for the right one, and what was known was of another server.
import type { BalancerSpec } from '../region/hardware.ts';

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
      nodes.map((node): [string, string] => [`node${node.id}`, `${node.address}:${node.port}`]),
    ),
  );
  const moved: number[] = [];
  const lines = state.split('\n').filter((line) => {
    const cells = line.split(' ');
    const name = cells[columns.name] ?? '';
    const address = wanted.get(name);
    if (address === undefined || address === `${cells[columns.address] ?? ''}:${cells[columns.port] ?? ''}`)
      return true;
    moved.push(Number(name.slice('node'.length)));
    return false;
  });
  return { text: lines.join('\n'), moved };
}
