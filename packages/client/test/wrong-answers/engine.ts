// A node on a real socket that carries requests out as the model of an engine does, and answers the ones in question wrongly. It
// writes HTTP itself, because a server of the runtime refuses to send most of what is wrong.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { SimEngine, type Stored } from '../simulation/sim-engine.ts';
import { SimTime } from '../simulation/sim-time.ts';

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  readonly path: string;
  readonly body: string;
}

/** One request that is to be answered wrongly, and what would be right. */
export interface Exchange {
  readonly request: Request;
  readonly socket: Socket;
  readonly status: number;
  readonly body: string;
}

export interface Plan {
  readonly isTarget: (request: Request) => boolean;
  readonly answer: (exchange: Exchange) => void;
  /** Whether what is answered wrongly was carried out. */
  readonly applied: boolean;
  /** So many of the requests in question are answered wrongly. */
  times: number;
}

export class WrongEngine {
  readonly model = new SimEngine(new SimTime());
  /** Requests in question that arrived. */
  readonly targets: Request[] = [];
  readonly #plan: Plan;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connections that the client still holds. */
  get connections(): number {
    return this.#sockets.size;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    // The client may close its connection while an answer is being written.
    socket.on('error', () => undefined);
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      for (let read = parse(text); read && !socket.destroyed; read = parse(text)) {
        text = read.rest;
        this.#answer(read.request, socket);
      }
    });
  }

  #answer(request: Request, socket: Socket): void {
    const plan = this.#plan;
    const { path } = request;
    const isTarget = plan.isTarget(request);
    if (isTarget) this.targets.push(request);
    const before = new Map(this.model.store);
    const { status, body } = path.startsWith('/_cluster/health')
      ? { status: 200, body: { status: 'green' } }
      : this.model.carryOut({ ...request, body: request.body === '' ? null : request.body });
    const exchange = { request, socket, status, body: JSON.stringify(body) };
    if (!isTarget || plan.times <= 0) return send(exchange, status, jsonType, exchange.body);
    plan.times--;
    if (!plan.applied) restore(this.model.store, before);
    plan.answer(exchange);
  }
}

function restore(store: Map<string, Stored>, before: ReadonlyMap<string, Stored>): void {
  store.clear();
  for (const [id, stored] of before) store.set(id, stored);
}

/** The first whole request of `text`; undefined when there is none yet. */
function parse(text: string): { readonly request: Request; readonly rest: string } | undefined {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(0, head + 2))?.[1] ?? 0);
  const body = text.slice(head + 4, head + 4 + length);
  if (body.length < length) return undefined;
  const [method = '', path = ''] = text.split(' ', 2);
  return { request: { method: method as Request['method'], path, body }, rest: text.slice(head + 4 + length) };
}

export const jsonType = 'content-type: application/json\r\n';

/** A whole answer as it should be, but for its content. */
export function send({ socket }: Exchange, status: number, headers: string, body: string | Buffer): void {
  const bytes = Buffer.from(body);
  socket.write(`HTTP/1.1 ${status} X\r\n${headers}content-length: ${bytes.length}\r\n\r\n`);
  socket.write(bytes);
}
