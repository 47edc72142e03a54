// These policies under the official OpenSearch client: it keeps its API, serialisation and errors; nodes, retries, deadlines
// and breakers are ours. `import { opensearchOptions } from '@understudy/client/opensearch'`.
import {
  Connection,
  ConnectionPool,
  errors,
  type ClientOptions as OfficialOptions,
} from '@opensearch-project/opensearch';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { ClientOptions } from '../api/options.ts';
import { isClientError } from '../model/errors.ts';
import { AdapterTransport, type OfficialAnswer } from './transport.ts';

type Params = Parameters<Connection['request']>[0];
type Callback = Parameters<Connection['request']>[1];

/**
 * Options for `new Client(...)` of @opensearch-project/opensearch. Add your own after them, but leave `node`, `Connection`,
 * `ConnectionPool` and `maxRetries` as they are. `requestTimeout` becomes the deadline of the whole operation.
 */
export function opensearchOptions(options: ClientOptions): OfficialOptions {
  const transport = new AdapterTransport(options);

  class ResilientConnection extends Connection {
    override request(params: Params, callback: Callback): ClientRequest {
      const abort = new AbortController();
      const { method = 'GET', path, querystring, body, timeout } = params;
      const headers = {
        ...(this.headers as Record<string, string>),
        ...(params.headers as Record<string, string> | undefined),
      };
      const request = {
        method,
        path: path ?? '/',
        querystring,
        body,
        headers,
        timeoutMs: timeout,
        signal: abort.signal,
      };
      transport.send(request).then(
        (answer) => callback(null, toMessage(answer)),
        (error: unknown) => callback(officialError(error), null),
      );
      // All that the transport does with the request is to abort it.
      return { abort: () => abort.abort(), destroy: () => abort.abort() } as unknown as ClientRequest;
    }

    // The pool waits for this callback, which the types do not mention.
    override close(callback?: () => void): this {
      void transport.close().finally(callback);
      return this;
    }
  }

  /** One connection for all nodes, which is never marked dead: the node is chosen below it. */
  class OneConnectionPool extends ConnectionPool {
    override getConnection(): Connection | null {
      return this.connections[0] ?? null;
    }
    override markDead(): this {
      return this;
    }
  }

  const { node } = transport;
  const requestTimeout = options.deadlineMs ?? 30_000;
  return {
    node,
    Connection: ResilientConnection,
    ConnectionPool: OneConnectionPool,
    maxRetries: 0,
    requestTimeout,
  };
}

function toMessage(answer: OfficialAnswer): IncomingMessage {
  const stream = Readable.from([answer.body.toString('utf8')]);
  return Object.assign(stream, {
    statusCode: answer.statusCode,
    headers: answer.headers,
  }) as unknown as IncomingMessage;
}

/** The transport fills it in. */
const noMeta = null as never;

function officialError(error: unknown): Error {
  if (!isClientError(error)) return error instanceof Error ? error : new Error(String(error));
  if (error.code === 'deadline-exceeded')
    return Object.assign(new errors.TimeoutError(error.message, noMeta), { cause: error });
  if (error.code === 'cancelled')
    return Object.assign(new errors.RequestAbortedError(error.message, noMeta), { cause: error });
  return Object.assign(new errors.ConnectionError(error.message, noMeta), { cause: error });
}
