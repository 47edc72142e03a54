// Refusals about the indices: copies that no machine can hold, names that the engine or another index does not leave free.
import type { Refusal } from './refusal.ts';
import { indicesOf } from './resolve.ts';
import type { TopologyFile } from './schema.ts';

export function indexRefusals({ search }: TopologyFile): Refusal[] {
  if (search.index !== undefined && search.indices !== undefined)
    return [
      {
        path: ['search', 'indices'],
        saw: 'both index and indices',
        allowed: 'one of the two',
        message: 'index is the short form of indices with one entry',
        remedy: 'move what is under search.index to the head of search.indices',
      },
    ];
  const all = indicesOf(search);
  const names = all.map(({ name }) => name);
  return all.flatMap(({ name, replicas, aliases }, at): Refusal[] => {
    const path = search.indices === undefined ? ['search', 'index'] : ['search', 'indices', at];
    return [
      ...replicaRefusals([...path, 'replicas'], replicas, search.nodes),
      ...nameRefusals([...path, 'name'], name, names.slice(0, at)),
      ...aliases.flatMap((alias, place) => aliasRefusals([...path, 'aliases', place], alias, names)),
    ];
  });
}

function replicaRefusals(path: Refusal['path'], replicas: number, nodes: number): Refusal[] {
  if (replicas < nodes) return [];
  return [
    {
      path,
      allowed: `a whole number from 1 to ${nodes - 1}`,
      message: `${replicas + 1} copies of a shard need as many machines and there are ${nodes}, so the cluster would never be green`,
      remedy: `set ${nodes - 1} or fewer, or more search.nodes`,
    },
  ];
}

function nameRefusals(path: Refusal['path'], name: string, before: readonly string[]): Refusal[] {
  if (/^\.+$/.test(name))
    return [
      {
        path,
        allowed: 'a name that is not only dots',
        message: 'the engine refuses it',
        remedy: 'choose another name, such as documents',
      },
    ];
  if (!before.includes(name)) return [];
  const remedy = 'rename or remove one of them';
  return [{ path, allowed: 'each name once', message: 'two indices cannot share a name', remedy }];
}

function aliasRefusals(path: Refusal['path'], alias: string, names: readonly string[]): Refusal[] {
  if (!names.includes(alias)) return [];
  const message = 'the engine takes no alias that has the name of an index';
  return [{ path, saw: alias, allowed: 'a name that no index of the file has', message, remedy: 'rename the alias' }];
}
