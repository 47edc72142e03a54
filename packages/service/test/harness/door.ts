// A port before the engine that can be shut: for the service the engine is gone in an instant, and back in an instant.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Door {
  readonly url: string;
  /** Refuses connections and cuts those that are there. */
  shut(): Promise<void>;
  open(): Promise<void>;
}

/** The door to `url`, open. */
export async function doorTo(url: string): Promise<Door> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let ownPort = 0;
  let server: Server | undefined;

  const relay = (outer: Socket) => {
    const inner = connect(Number(port), hostname);
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
