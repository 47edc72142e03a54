// A gateway in this process, on a port of its own, before engines that a test names.
import type { AddressInfo } from 'node:net';
import { Gateway, readConfiguration } from '../../src/index.ts';
import { listen } from '../../src/listen.ts';

export interface RunningGateway extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly gateway: Gateway;
  /** Lines of its request log. */
  readonly log: string[];
}

export async function startGateway(engine: readonly string[], ...args: readonly string[]): Promise<RunningGateway> {
  const log: string[] = [];
  const all = ['--engine', engine.join(','), '--listen', '127.0.0.1:0', '--stop-ms', '3000', ...args];
  const gateway = new Gateway(readConfiguration(all, {}), (line) => log.push(line));
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
