// A port before the engine that can be shut: for the service the engine is gone in an instant, and back in an instant.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Door {
  readonly url: string;
  /** Refuses connections and cuts those that are there. */
  shut(): Promise<void>;
  open(): Promise<void>;
}

/** The door to `url`, open. `hear` gets what is sent to it, with a number for each connection. */
export async function doorTo(
  url: string,
  hear: (chunk: Buffer, connection: number) => void = () => undefined,
): Promise<Door> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let ownPort = 0;
  let server: Server | undefined;
  let connections = 0;

  const relay = (outer: Socket) => {
    const inner = connect(Number(port), hostname);
    const connection = (connections += 1);
    outer.on('data', (chunk: Buffer) => hear(chunk, connection));
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
  const door = {
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
  await door.open();
  return door;
}
