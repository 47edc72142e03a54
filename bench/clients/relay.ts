// A relay before each engine that can hold back the answers of one of them: a node that is slow to its clients and healthy to
// its peers. It stands between the users and the engines only in the drill that needs it, for all clients alike.
import { connect, createServer, type Server, type Socket } from 'node:net';

export class Relay {
  readonly url: string;
  /** Every piece of an answer is held back this long. */
  delayMs = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async before(engineUrl: string): Promise<Relay> {
    const { hostname, port } = new URL(engineUrl);
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const relay = new Relay(server, typeof address === 'object' && address ? address.port : 0);
    server.on('connection', (near) =>
      relay.#join(near, connect({ host: hostname, port: Number(port), noDelay: true })),
    );
    return relay;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.on('data', (piece) => {
      if (this.delayMs === 0) near.write(piece);
      else setTimeout(() => near.write(piece), this.delayMs);
    });
  }
}
