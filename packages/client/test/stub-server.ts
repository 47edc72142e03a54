// A small HTTP server that answers like a node, for tests that need real sockets.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

export type Answerer = (seen: Seen, response: ServerResponse) => void;

export class StubServer {
  readonly seen: Seen[] = [];
  /** The node's own id. */
  id = 'id1';
  answer: Answerer;
  readonly #server: Server;
  #url = '';

  constructor(answer: Answerer) {
    this.answer = answer;
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const one = { method: request.method ?? '', url: request.url ?? '', body, headers: request.headers };
        if (one.url.startsWith('/_cluster/state/master_node')) return json(response, 200, { master_node: 'm' });
        if (one.url.startsWith('/_nodes/_local')) return json(response, 200, { nodes: { [this.id]: { name: 'n' } } });
        this.seen.push(one);
        this.answer(one, response);
      });
    });
  }

  get url(): string {
    return this.#url;
  }

  async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' });
  response.end(JSON.stringify(body));
}
