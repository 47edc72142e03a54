// A node on a real socket that records what reaches it, byte for byte where that matters, and answers as a test says.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

export type Answerer = (seen: Seen, response: ServerResponse, request: IncomingMessage) => void;

export class Stub implements AsyncDisposable {
  /** Requests of applications; probes are apart. */
  readonly seen: Seen[] = [];
  answer: Answerer;
  readonly server: Server;

  /** @param about answers what the gateway asks for itself; undefined leaves it to the usual answers. */
  constructor(answer: Answerer, about: (url: string) => unknown = () => undefined) {
    this.answer = answer;
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', rawHeaders } = request;
        const own = about(url);
        if (own !== undefined) return sendJson(response, 200, own);
        if (url.startsWith('/_cluster/state/master_node')) return sendJson(response, 200, { master_node: 'm' });
        if (url.startsWith('/_nodes/_local')) return sendJson(response, 200, { nodes: { id1: { name: 'n' } } });
        if (/\/_(?:search_shards|settings)\b/.test(url) && method === 'GET') return sendJson(response, 404, {});
        const one = { method, url, headers: rawHeaders, body: Buffer.concat(chunks) };
        this.seen.push(one);
        this.answer(one, response, request);
      });
    });
  }

  static async start(answer: Answerer, about?: (url: string) => unknown): Promise<Stub> {
    const stub = new Stub(answer, about);
    await new Promise<void>((resolve) => stub.server.listen(0, '127.0.0.1', resolve));
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' });
  response.end(JSON.stringify(body));
}

/** The value of a header among raw ones. */
export function headerOf(headers: readonly string[], name: string): string | undefined {
  const at = headers.findIndex((one, i) => i % 2 === 0 && one.toLowerCase() === name);
  return at < 0 ? undefined : headers[at + 1];
}
