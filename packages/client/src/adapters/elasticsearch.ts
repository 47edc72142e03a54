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
import { Exchanger, type OfficialAnswer } from './exchanger.ts';

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
  const exchanger = new Exchanger(options);

  class ResilientConnection extends BaseConnection {
    override request(params: Params, requestOptions: Options): Promise<never> {
      return this.#carry(params, requestOptions) as Promise<never>;
    }

    override async close(): Promise<void> {
      await exchanger.close();
    }

    async #carry(params: Params, { timeout, signal, asStream }: Options): Promise<object> {
      const { method, path, querystring, body } = params;
      const headers = { ...this.headers, ...params.headers };
      let answer: OfficialAnswer;
      try {
        answer = await exchanger.carry({
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

  /** One connection stands for all nodes, and is never dead: which node is used is decided below it. */
  class OneConnectionPool extends BaseConnectionPool {
    override getConnection(): BaseConnectionPool['connections'][number] | null {
      return this.connections[0] ?? null;
    }
  }

  const { node } = exchanger;
  return { node, Connection: ResilientConnection, ConnectionPool: OneConnectionPool, maxRetries: 0 };
}

function officialError(error: unknown): unknown {
  if (!isClientError(error)) return error;
  if (error.code === 'deadline-exceeded') return new errors.TimeoutError(error.message, undefined, undefined);
  if (error.code === 'cancelled') return new errors.RequestAbortedError(error.message);
  return Object.assign(new errors.ConnectionError(error.message), { cause: error });
}
