// The port through which every engine operation goes, and its direct form over HTTP. Which way a request takes to a node
// (directly, or through a machine inside the private network) only the transport knows.
import { UnderstudyError } from '@understudy/foundation';

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD';

interface EngineRequestOptions {
  /** Ask this node and no other. Without it, any node that answers will do. */
  readonly node?: string;
  /** Bound per node asked. Default 10,000. */
  readonly timeoutMs?: number;
}

export interface EngineAnswer {
  readonly status: number;
  /** Parsed JSON, or undefined for an empty body. */
  readonly body: unknown;
  /** The node that answered. */
  readonly node: string;
}

export interface EngineTransport {
  /** Names of the nodes that can be asked. */
  readonly nodes: readonly string[];
  /**
   * Resolves with whatever HTTP status the engine answers. Error: `cluster-unreachable` when no node answered at all.
   * Without `node`, a node that cannot be reached is passed over for the next. A string is sent as it is: lines for `_bulk`.
   */
  request(method: Method, path: string, body?: object | string, options?: EngineRequestOptions): Promise<EngineAnswer>;
}

/** Sends one request to one node; rejects when that node gave no answer. */
export type NodeRequest = (
  node: string,
  request: { readonly method: Method; readonly path: string; readonly body: string | undefined },
  timeoutMs: number,
) => Promise<{ readonly status: number; readonly text: string }>;

/** A transport over any way of asking one node: the last node that answered is asked first. */
export function engineTransport(nodes: readonly string[], send: NodeRequest): EngineTransport {
  return overNodes(nodes, async (node, method, path, body, timeoutMs) => {
    const request = { method, path, body: typeof body === 'object' ? JSON.stringify(body) : body };
    const { status, text } = await send(node, request, timeoutMs);
    return { status, body: parsed(text), node };
  });
}

/**
 * The same cluster, asked through other nodes than this one: a node that leaves must not report its own departure.
 * `cluster-unreachable` when none of the others answers.
 */
export function withoutNode(transport: EngineTransport, leaving: string): EngineTransport {
  const others = transport.nodes.filter((name) => name !== leaving);
  return overNodes(others, (node, method, path, body, timeoutMs) =>
    transport.request(method, path, body, { node, timeoutMs }),
  );
}

type Attempt = (
  node: string,
  method: Method,
  path: string,
  body: object | string | undefined,
  timeoutMs: number,
) => Promise<EngineAnswer>;

function overNodes(nodes: readonly string[], attempt: Attempt): EngineTransport {
  let preferred = nodes[0];
  return {
    nodes,
    async request(method, path, body, options = {}) {
      const others = nodes.filter((node) => node !== preferred);
      const order = options.node === undefined ? [preferred, ...others] : [options.node];
      const failures: string[] = [];
      let cause: unknown;
      for (const node of order) {
        if (node === undefined) continue;
        try {
          const answer = await attempt(node, method, path, body, options.timeoutMs ?? 10_000);
          if (options.node === undefined) preferred = node;
          return answer;
        } catch (error) {
          cause = error;
          failures.push(`${node}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      throw new UnderstudyError(
        'cluster-unreachable',
        `No search node answered ${method} ${path}. ${failures.join('; ') || 'There is none in the list.'}`,
        { facts: { method, path, nodes: order }, cause },
      );
    },
  };
}

function parsed(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Asks nodes directly: for tests and benches, or from inside the private network. `urls` maps a node's name to its origin. */
export function directTransport(urls: Readonly<Record<string, string>>, fetcher: typeof fetch): EngineTransport {
  return engineTransport(Object.keys(urls), async (node, { method, path, body }, timeoutMs) => {
    const response = await fetcher(`${urls[node] ?? ''}${path}`, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    });
    return { status: response.status, text: await response.text() };
  });
}
