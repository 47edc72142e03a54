// Which process works on a queue file. The claim is an abstract socket: the kernel gives it to one process at a time, and
// takes it back when that process ends, however it ends.
import { createServer, type Server } from 'node:net';

export interface Claim {
  release(): void;
}

/** Undefined when a living process has it. */
export async function claim(name: string): Promise<Claim | undefined> {
  const server: Server = createServer((socket) => socket.destroy());
  server.unref();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path: `\0understudy-queue-${name}` }, resolve);
    });
    return { release: () => void server.close() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}
