// How a request of the workload is sent: like a user's, each on a connection of its own through the balancer (which keeps none
// alive to clients), with a deadline that covers connecting, sending and reading.
import { Agent } from 'undici';
import type { Answer } from './answer.ts';

export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly url: string;
  readonly body?: string;
  readonly deadlineMs: number;
}

export interface Wire {
  send(request: WireRequest): Promise<Answer>;
  /** What is sent from now on logs in with this; resolves when everything that was sent before has ended. */
  useCredential(credential: string): Promise<void>;
  close(): Promise<void>;
}

/** Errors before any byte of the request left this machine. */
const unsentCodes = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

/** `credential`: sent with every request; undefined: nothing. */
export function httpWire(credential?: string): Wire {
  let login = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
  const pending = new Set<Promise<Answer>>();
  // The balancer of a trial system signs its own certificate; a drill measures availability, not identity.
  const agent = new Agent({ pipelining: 0, connect: { rejectUnauthorized: false }, headersTimeout: 0, bodyTimeout: 0 });
  async function ask({ method, url, body, deadlineMs }: WireRequest): Promise<Answer> {
    const { origin, pathname, search } = new URL(url);
    const signal = AbortSignal.timeout(deadlineMs);
    try {
      const answer = await agent.request({
        origin,
        path: `${pathname}${search}`,
        method,
        signal,
        headers: body === undefined ? login : { 'content-type': 'application/json', ...login },
        ...(body === undefined ? {} : { body }),
      });
      return { status: answer.statusCode, body: await answer.body.text() };
    } catch (error) {
      const { code = 'connection failed' } = error as { readonly code?: string };
      return { status: 0, unsent: unsentCodes.has(code), error: signal.aborted ? 'deadline' : code };
    }
  }
  return {
    async send(request) {
      const answer = ask(request);
      pending.add(answer);
      return await answer.finally(() => pending.delete(answer));
    },
    async useCredential(next) {
      login = { authorization: `Bearer ${next}` };
      await Promise.allSettled(pending);
    },
    close: () => agent.destroy(),
  };
}
