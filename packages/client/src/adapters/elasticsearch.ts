// These policies under the official Elasticsearch client: it keeps its typed API, serialisation and errors; nodes, retries,
// deadlines and breakers are ours. `import { elasticsearchOptions } from '@understudy/client/elasticsearch'`.
import {
  BaseConnection,
  BaseConnectionPool,
  errors,
  type ClientOptions as OfficialOptions,
} from '@elastic/elasticsearch';
import { Readable } from 'node:stream';
import type { ClientOptions } from '../api/options.ts';
import { isClientError } from '../model/errors.ts';
import { AdapterTransport, type OfficialAnswer } from './transport.ts';

type Params = Parameters<BaseConnection['request']>[0];
interface Options {
  readonly timeout?: number | null;
  readonly signal?: AbortSignal;
  readonly asStream?: boolean;
}

/**
 * Options for `new Client(...)` of @elastic/elasticsearch. Add your own after them, but leave `node`, `Connection`,
 * `ConnectionPool` and `maxRetries` as they are. A `requestTimeout` becomes the deadline of the whole operation.
 */
export function elasticsearchOptions(options: ClientOptions): OfficialOptions {
  const transport = new AdapterTransport(options);

  class ResilientConnection extends BaseConnection {
    override request(params: Params, requestOptions: Options): Promise<never> {
      return this.#send(params, requestOptions) as Promise<never>;
    }

    override async close(): Promise<void> {
      await transport.close();
    }

    async #send(params: Params, { timeout, signal, asStream }: Options): Promise<object> {
      const { method, path, querystring, body } = params;
      const headers = { ...this.headers, ...params.headers };
      let answer: OfficialAnswer;
      try {
        answer = await transport.send({
          method,
          path,
          querystring,
          body,
          headers,
          timeoutMs: timeout ?? undefined,
          signal,
        });
      } catch (error) {
        throw officialError(error);
      }
      const common = { statusCode: answer.statusCode, headers: answer.headers };
      return asStream ? { ...common, body: Readable.from([answer.body]) } : { ...common, body: answer.body };
    }
  }

  /** One connection for all nodes, which is never marked dead: the node is chosen below it. */
  class OneConnectionPool extends BaseConnectionPool {
    override getConnection(): BaseConnectionPool['connections'][number] | null {
      return this.connections[0] ?? null;
    }
  }

  const { node } = transport;
  return { node, Connection: ResilientConnection, ConnectionPool: OneConnectionPool, maxRetries: 0 };
}

function officialError(error: unknown): unknown {
  if (!isClientError(error)) return error;
  if (error.code === 'deadline-exceeded') return new errors.TimeoutError(error.message, undefined, undefined);
  if (error.code === 'cancelled') return new errors.RequestAbortedError(error.message);
  return Object.assign(new errors.ConnectionError(error.message), { cause: error });
}
