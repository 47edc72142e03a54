// A tiny HTTP server in Linode's place, a clock that never waits, and a client between the two.
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { createLinodeClient, type LinodeClientOptions } from '../../src/linode/index.ts';
import { Secret, type Clock, type LogLine } from '@understudy/foundation';

export interface Seen {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export type Reply =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  /** The connection is cut without an answer. */
  | 'drop'
  /** No answer ever. */
  | 'hang';

export const plantedToken = 'planted-token-0123456789abcdef';

/** Time that passes only by sleeping, and at once. */
function promptClock(): Clock & { readonly sleepsMs: number[] } {
  let nowMs = Date.UTC(2026, 10, 1);
  const startMs = nowMs;
  const sleepsMs: number[] = [];
  return {
    sleepsMs,
    now: () => nowMs,
    monotonicMs: () => nowMs - startMs,
    sleep: (ms, signal) => {
      signal?.throwIfAborted();
      sleepsMs.push(Math.round(ms));
      nowMs += ms;
      return Promise.resolve();
    },
  };
}

/** Starts a server that answers by `reply` (the n-th request counts from 1) and a client of it. */
export async function wire(
  context: TestContext,
  reply: (request: Seen, n: number) => Reply | Promise<Reply>,
  options: Partial<LinodeClientOptions> = {},
) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const { method = '', url = '', headers } = request;
      const one: Seen = { method, url, headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
      seen.push(one);
      void Promise.resolve(reply(one, seen.length)).then((answer) => {
        if (answer === 'hang') return;
        if (answer === 'drop') return request.socket.destroy();
        const status = answer.status ?? 200;
        response.writeHead(status, { 'content-type': 'application/json', ...answer.headers });
        return response.end(status === 204 ? undefined : JSON.stringify(answer.body ?? {}));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const clock = promptClock();
  const logged: LogLine[] = [];
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v4`;
  const client = createLinodeClient({
    baseUrl,
    token: new Secret(plantedToken),
    clock,
    random: () => 0.5,
    logger: (line) => logged.push(line),
    ...options,
  });
  return { client, seen, clock, logged, baseUrl, server };
}

export const page = (data: readonly unknown[], number = 1, pages = 1, results = data.length) => ({
  body: { data, page: number, pages, results },
});

export const refusal = (
  status: number,
  reason: string,
  field?: string,
  headers: Record<string, string> = {},
): Reply => ({
  status,
  headers,
  body: { errors: [{ reason, ...(field === undefined ? {} : { field }) }] },
});
