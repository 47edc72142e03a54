// Three nodes with one index of three shards, one primary at each: they tell where primaries are, and carry out bulks as told.
import { floorMod, routingHash } from '../../../client/src/gather/murmur3.ts';
import { Stub, type Answerer } from './stub.ts';

const ids = ['node-0', 'node-1', 'node-2'];

/** The number of the node with the primary of a document. */
export function nodeOf(routing: string): number {
  return floorMod(routingHash(routing), ids.length);
}

/** `count` ids of documents whose primary is at node `at`. */
export function idsAt(at: number, count: number): readonly string[] {
  const found: string[] = [];
  for (let n = 0; found.length < count; n++) if (nodeOf(`d${n}`) === at) found.push(`d${n}`);
  return found;
}

export interface IndexAbout {
  /** The index that a name stands for; the name itself by default. */
  readonly name?: string;
  readonly settings?: Readonly<Record<string, string>>;
}

function aboutOf(indexes: Readonly<Record<string, IndexAbout>>, own: number): (url: string) => unknown {
  const copy = (name: string, shard: number): readonly object[] => [
    { index: name, shard, primary: true, node: ids[shard] },
    { index: name, shard, primary: false, node: ids[(shard + 1) % 3] },
  ];
  return (url) => {
    const { pathname, searchParams } = new URL(url, 'http://stub');
    if (pathname === '/_nodes/_local') return { nodes: { [ids[own] as string]: { name: 'n' } } };
    const [, index = '', question] = pathname.split('/');
    const about = indexes[index];
    if (!about) return undefined;
    const name = about.name ?? index;
    const routing = searchParams.get('routing');
    if (question === '_search_shards')
      return { shards: (routing === null ? [0, 1, 2] : [nodeOf(routing)]).map((shard) => copy(name, shard)) };
    if (question === '_settings') return { [name]: { settings: { index: { uuid: 'u', ...about.settings } } } };
    return undefined;
  };
}

/** Answers each item of a bulk as created. `_seq_no` is one that a number cannot hold: bytes must not be read and written again. */
export const carryOut: Answerer = ({ body }, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' });
  response.end(`{"errors":false,"took":${response.socket?.localPort},"items":[${itemsOf(body).join(',')}]}`);
};

export function itemsOf(body: Buffer): readonly string[] {
  const lines = body
    .toString()
    .split('\n')
    .filter((line) => line !== '');
  const items: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [op, { _id = 'made' }] = Object.entries(JSON.parse(lines[at] as string) as object)[0] as [
      string,
      { _id?: string },
    ];
    if (op !== 'delete') at++;
    items.push(`{"${op}":{"_index":"a","_id":"${_id}","_seq_no":9007199254740993,"status":201, "result":"created"}}`);
  }
  return items;
}

export interface StubCluster extends AsyncDisposable {
  readonly nodes: readonly Stub[];
  readonly urls: readonly string[];
}

export async function startCluster(
  answer: (node: number) => Answerer = () => carryOut,
  indexes: Readonly<Record<string, IndexAbout>> = { a: {} },
): Promise<StubCluster> {
  const nodes = await Promise.all(ids.map((_, at) => Stub.start(answer(at), aboutOf(indexes, at))));
  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    async [Symbol.asyncDispose]() {
      await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
    },
  };
}

/** The bodies of the bulks that a node was sent. */
export function bulksAt({ seen }: Stub): readonly string[] {
  return seen.filter(({ url }) => url.includes('_bulk')).map(({ body }) => body.toString());
}
