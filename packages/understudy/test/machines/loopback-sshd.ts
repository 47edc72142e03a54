// An SSH server on loopback that runs commands with the local shell and opens tunnels: the far side of the wire, with a real shell
// behind it.
import { spawn, type ChildProcess } from 'node:child_process';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import ssh2, { type Connection } from 'ssh2';

export interface LoopbackSshd extends AsyncDisposable {
  readonly port: number;
  /** Connections accepted so far. */
  readonly connections: number;
  /** Ends every connection without a word. */
  cut(): void;
}

/** A tunnel to this port is neither opened nor refused. */
export const silentPort = 9;

/** A readable pair: ssh2 makes a few that are not. */
export function hostKeyPair(): string {
  for (;;) {
    const made = ssh2.utils.generateKeyPairSync('ed25519').private;
    if (!(ssh2.utils.parseKey(made) instanceof Error)) return made;
  }
}

export async function loopbackSshd(options: {
  readonly hostKey?: string;
  readonly publicKey: string;
}): Promise<LoopbackSshd> {
  const hostKey = options.hostKey ?? hostKeyPair();
  const allowed = ssh2.utils.parseKey(options.publicKey);
  if (allowed instanceof Error) throw allowed;
  const live = new Set<Connection>();
  const state = { connections: 0 };
  const sshd = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    live.add(client);
    state.connections += 1;
    client.on('error', () => undefined);
    client.on('close', () => live.delete(client));
    client.on('authentication', (context) => {
      if (context.method !== 'publickey' || !context.key.data.equals(allowed.getPublicSSH())) return context.reject();
      context.accept();
    });
    client.on('tcpip', (accept, refuse, { destIP, destPort }) => {
      if (destPort === silentPort) return;
      const socket = connect(destPort, destIP);
      socket.once('connect', () => {
        const channel = accept();
        channel.pipe(socket).pipe(channel);
        channel.on('close', () => socket.destroy());
        socket.on('error', () => channel.close());
      });
      socket.once('error', refuse);
    });
    client.on('session', (accept) => {
      const session = accept();
      session.on('exec', (start, _reject, { command }) => {
        const child = runLocally(start(), command);
        // As OpenSSH does: the signal goes to the process group of the command.
        session.on('signal', (_accept, _refuse, { name }) => {
          signalGroup(child, `SIG${name}`);
        });
      });
    });
  });
  const server: Server = createServer((socket) => sshd.injectSocket(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return state.connections;
    },
    cut() {
      for (const client of live) client.end();
    },
    async [Symbol.asyncDispose]() {
      for (const client of live) client.end();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function runLocally(channel: ssh2.ServerChannel, command: string): ChildProcess {
  const child = spawn('sh', ['-c', command], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  channel.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr as NodeJS.WritableStream, { end: false });
  channel.on('close', () => signalGroup(child, 'SIGTERM'));
  child.on('close', (code) => {
    channel.exit(code ?? 1);
    channel.end();
  });
  return child;
}

function signalGroup({ pid, exitCode, signalCode }: ChildProcess, signal: string): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal);
}
