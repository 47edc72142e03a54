// A TCP proxy before the engine that can be shut: for the service the engine is unreachable at once, and reachable again at once.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface EngineProxy {
  readonly url: string;
  /** Refuses connections and ends those that are open. */
  shut(): Promise<void>;
  open(): Promise<void>;
}

/** An open proxy to `url`. `onData` gets what is sent to it, with a number for each connection. */
export async function proxyTo(
  url: string,
  onData: (chunk: Buffer, connection: number) => void = () => undefined,
): Promise<EngineProxy> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let ownPort = 0;
  let server: Server | undefined;
  let connections = 0;

  const relay = (outer: Socket) => {
    const inner = connect(Number(port), hostname);
    const connection = (connections += 1);
    outer.on('data', (chunk: Buffer) => onData(chunk, connection));
    for (const [from, to] of [
      [outer, inner],
      [inner, outer],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  };
  const proxy = {
    get url() {
      return `http://127.0.0.1:${ownPort}`;
    },
    async shut() {
      const closing = server;
      server = undefined;
      for (const socket of sockets) socket.destroy();
      if (closing) await new Promise((resolve) => closing.close(resolve));
    },
    async open() {
      if (server !== undefined) return;
      const opening = createServer(relay);
      server = opening;
      await new Promise<void>((resolve) => opening.listen(ownPort, '127.0.0.1', resolve));
      ownPort = (opening.address() as AddressInfo).port;
    },
  };
  await proxy.open();
  return proxy;
}
