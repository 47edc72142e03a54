import { once } from 'node:events';
import { createServer } from 'node:net';

/** Ports that the kernel gives to nobody by itself: those of its own choice begin at 32768 (ip_local_port_range). */
const first = 20_000;
const count = 12_000;

/**
 * A port of 127.0.0.1 that nobody listens on. A port that the kernel chose could be given to a connection of another process between
 * its release here and its use.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + Math.floor(Math.random() * count);
    const server = createServer();
    const listening = once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.listen(port, '127.0.0.1');
    if (!(await listening)) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
