// A gateway in this process, on a port of its own, before engines that a test names.
import { connect, type AddressInfo } from 'node:net';
import { createForwarder, type ForwardOptions } from '@understudy/client/forward';
import { Gateway, readConfiguration } from '../../src/index.ts';
import { listen } from '../../src/listen.ts';

export interface RunningGateway extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly gateway: Gateway;
  /** Lines of its request log. */
  readonly log: string[];
}

/** @param options of the client, in place of what the arguments ask for. */
export async function startGateway(
  engine: readonly string[],
  args: readonly string[] = [],
  options?: Partial<ForwardOptions>,
): Promise<RunningGateway> {
  const log: string[] = [];
  const all = ['--engine', engine.join(','), '--listen', '127.0.0.1:0', '--stop-ms', '3000', ...args];
  const gateway = new Gateway(readConfiguration(all, {}), {
    writeLog: (line) => log.push(line),
    ...(options && { forwarder: createForwarder({ nodes: engine, ...options }) }),
  });
  await listen(gateway.server, '127.0.0.1', 0, undefined);
  const { port } = gateway.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    gateway,
    log,
    async [Symbol.asyncDispose]() {
      gateway.server.closeAllConnections();
      await gateway.stop();
    },
  };
}

/** Sends bytes as they are and gives back everything that was answered until the connection ended or `until` was seen. */
export async function rawExchange(port: number, text: string, until?: RegExp): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  let seen = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    seen += chunk;
    if (until?.test(seen)) socket.destroy();
  });
  socket.write(text, 'latin1');
  const timer = setTimeout(() => socket.destroy(), 5000);
  await new Promise((resolve) => socket.once('close', resolve));
  clearTimeout(timer);
  return seen;
}
