// The socket on which applications connect: one that the service manager holds open while this process is replaced, so that no
// connection is refused meanwhile, or else one of its own.
import type { Server } from 'node:http';

/** The first descriptor that a service manager passes (sd_listen_fds(3)). */
const firstDescriptor = 3;

/** Whether this very process was given a socket; a child of one that was given one was not. */
export function givenDescriptor(environment: NodeJS.ProcessEnv, pid: number): number | undefined {
  const { LISTEN_FDS: count, LISTEN_PID: owner } = environment;
  return Number(owner) === pid && Number(count) >= 1 ? firstDescriptor : undefined;
}

/** Rejects when the socket cannot be opened. */
export async function listen(
  server: Server,
  host: string,
  port: number,
  descriptor: number | undefined,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    const onListening = (): void => {
      server.off('error', reject);
      resolve();
    };
    if (descriptor === undefined) server.listen({ host, port, backlog: 4096 }, onListening);
    else server.listen({ fd: descriptor }, onListening);
  });
}
