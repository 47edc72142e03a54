// Which process works on a queue file. The lock is an abstract socket: one process at a time can have it, and the kernel
// releases it when that process ends, for whatever reason.
import { createServer, type Server } from 'node:net';

export interface FileLock {
  release(): void;
}

/** Undefined when a running process has it. */
export async function lockFile(name: string): Promise<FileLock | undefined> {
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
