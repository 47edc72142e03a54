// A small region for tests of the hardware: one state directory, one metadata answer, and short functions for what tests check.
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { silentLogger } from '@understudy/foundation';
import type { BalancerConfigSpec, BalancerSpec, FirewallSpec, MachineSpec } from '../../src/region/hardware.ts';
import { hostShell, type Command, type CommandResult } from '../../src/host/shell.ts';
import { ensureImage } from '../../src/image/ensure-image.ts';
import { createHardware, removeLab, type RealHardware } from '../../src/real-hardware.ts';
import { preflight } from '../../src/preflight.ts';
import { publicNetwork } from '../../src/region/public-network.ts';
import { makeLabFolder } from '../../../../bin/lib/abandoned-labs.ts';

export const metadataPort = 18_401;

export interface Room {
  readonly room: RealHardware;
  readonly directories: { readonly stateDirectory: string; readonly runDirectory: string };
  readonly imageRoot: string;
  readonly privateKey: string;
  readonly publicKey: string;
  /** Addresses that asked the metadata port. */
  readonly metadataCallers: string[];
  /** The same hardware as a restarted daemon would make it: no memory but the disk. */
  readonly again: () => RealHardware;
  readonly close: () => Promise<void>;
}

/** One file names the directories, so that a run that was killed is swept by the next. */
export const openRoom = async (): Promise<Room> => {
  const cacheDir =
    process.env['UNDERSTUDY_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'understudy');
  const image = await ensureImage({ cacheDir, logger: silentLogger });
  const base = await makeLabFolder();
  const directories = { stateDirectory: join(base, 'state'), runDirectory: join(base, 'run') };
  const again = (): RealHardware =>
    createHardware({
      ...directories,
      imageRoots: new Map([[image.id, image.rootDirectory]]),
      metadataPort,
      logger: silentLogger,
    });
  const room = again();
  await room.open();
  const metadataCallers: string[] = [];
  const metadata = createServer((request, response) => {
    metadataCallers.push(request.socket.remoteAddress ?? '');
    response.end('token');
  });
  await new Promise<void>((resolve, reject) => {
    metadata.once('error', reject);
    metadata.listen(metadataPort, publicNetwork.hostAddress, resolve);
  });
  const { private: privateKey, public: publicKey } = ssh2.utils.generateKeyPairSync('ed25519');
  return {
    room,
    directories,
    imageRoot: image.rootDirectory,
    privateKey,
    publicKey,
    metadataCallers,
    again,
    close: async () => {
      metadata.closeAllConnections();
      metadata.close();
      await removeLab(directories);
      await rm(base, { recursive: true, force: true });
    },
  };
};

export const machineSpec = (
  room: Room,
  id: number,
  label: string,
  vpc: { address: string; subnetId: number },
  change: Partial<MachineSpec> = {},
): MachineSpec => ({
  id,
  label,
  image: 'linode/debian13',
  memoryMb: 1024,
  vcpus: 1,
  diskMb: 640,
  authorizedKeys: [room.publicKey],
  interfaces: [
    { kind: 'public', address: `198.18.1.${id}` },
    { kind: 'vpc', ...vpc },
  ],
  ...change,
});

export const firewall = (change: Partial<FirewallSpec>): FirewallSpec => ({
  id: 1,
  enabled: true,
  inbound: [],
  inboundPolicy: 'ACCEPT',
  outbound: [],
  outboundPolicy: 'ACCEPT',
  machineIds: [],
  balancerIds: [],
  ...change,
});

export const balancerConfig = (change: Partial<BalancerConfigSpec>): BalancerConfigSpec => ({
  id: 1,
  port: 80,
  protocol: 'http',
  algorithm: 'roundrobin',
  stickiness: 'none',
  check: 'http',
  checkIntervalS: 2,
  checkTimeoutS: 1,
  checkAttempts: 2,
  checkPath: '/',
  checkBody: '',
  checkPassive: true,
  proxyProtocol: 'none',
  cipherSuite: 'recommended',
  nodes: [],
  ...change,
});

export const balancer = (change: Partial<BalancerSpec>): BalancerSpec => ({
  id: 1,
  address: '198.18.2.1',
  clientConnThrottle: 0,
  configs: [],
  ...change,
});

/** Runs a command inside the machine, from outside, whatever its network does. */
export const inside = async (room: RealHardware, id: number, ...command: Command): Promise<CommandResult> =>
  hostShell.attempt(await room.execInMachine(id, command));

/** `connected`, `refused`, `unreachable`, or `no answer` when there is no answer within the time limit. */
export const knock = (address: string, port: number, boundMs = 2_000): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (answer: string): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(boundMs, () => end('no answer'));
    socket.on('connect', () => end('connected'));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end(
        { ECONNREFUSED: 'refused', EHOSTUNREACH: 'unreachable', ENETUNREACH: 'unreachable' }[error.code ?? ''] ??
          String(error.code),
      ),
    );
  });

/** The same from within a machine. */
export const knockFrom = async (room: RealHardware, id: number, address: string, port: number): Promise<string> => {
  const program = [
    'import socket,sys',
    's=socket.socket(); s.settimeout(2)',
    'try: s.connect((sys.argv[1],int(sys.argv[2]))); print("connected")',
    'except TimeoutError: print("no answer")',
    'except ConnectionRefusedError: print("refused")',
    'except OSError: print("unreachable")',
  ].join('\n');
  return (await inside(room, id, 'python3', '-c', program, address, String(port))).stdout;
};

export const open = (address: string, port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: address, port }, () => resolve(socket));
    socket.once('error', reject);
  });

/** Asks again until the answer is `expected`; the last answer is in the error. */
export const until = async <T>(what: string, expected: T, ask: () => Promise<T>, boundMs = 20_000): Promise<number> => {
  const startedMs = performance.now();
  for (;;) {
    const answer = await ask();
    const tookMs = performance.now() - startedMs;
    if (JSON.stringify(answer) === JSON.stringify(expected)) return tookMs;
    if (tookMs > boundMs)
      throw new Error(`${what}: ${JSON.stringify(answer)} after ${boundMs} ms, expected ${JSON.stringify(expected)}`);
    await sleep(50);
  }
};

/** Runs `command` over SSH as root with the test's key; undefined when the machine cannot be reached. */
export const overSsh = ({ privateKey }: Room, address: string, command: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const client = new ssh2.Client();
    const give = (answer: string | undefined): void => {
      client.destroy();
      resolve(answer);
    };
    client.on('error', () => give(undefined)).on('close', () => give(undefined));
    client.on('ready', () => {
      client.exec(command, (error, channel) => {
        if (error) return give(undefined);
        let text = '';
        channel.on('data', (chunk: Buffer) => (text += chunk.toString()));
        channel.on('close', () => give(text.trim()));
      });
    });
    // A machine that reboots may vanish without closing the connection: nothing but the keepalive notices.
    const keepalive = { keepaliveInterval: 1_000, keepaliveCountMax: 3 };
    client.connect({ host: address, username: 'root', privateKey, readyTimeout: 2_000, ...keepalive });
  });

/** A web server as a unit of the machine: it answers with its host name and what the balancer added to the request; `/fail` is a 500. */
export const startWeb = async (room: RealHardware, id: number): Promise<void> => {
  const program = [
    'import http.server,json,socket',
    'class Web(http.server.BaseHTTPRequestHandler):',
    '  protocol_version="HTTP/1.1"',
    '  def do_GET(self):',
    '    body=json.dumps({"host":socket.gethostname(),"headers":dict(self.headers)}).encode()',
    '    self.send_response(500 if self.path=="/fail" else 200); self.send_header("Content-Length",str(len(body))); self.end_headers(); self.wfile.write(body)',
    '  def log_message(self,*a): pass',
    'http.server.ThreadingHTTPServer(("",8000),Web).serve_forever()',
  ].join('\n');
  const unit = `[Service]\nExecStart=/usr/bin/python3 /root/web.py\n`;
  await inside(
    room,
    id,
    'sh',
    '-c',
    'printf %s "$1" >/root/web.py; printf %s "$2" >/etc/systemd/system/web.service',
    'sh',
    program,
    unit,
  );
  const started = await inside(room, id, 'sh', '-c', 'systemctl daemon-reload && systemctl start web');
  if (started.code !== 0) throw new Error(`web server of machine ${id}: ${started.stderr}`);
};

/** Everything on the host that a lab could leave behind. */
export const hostPicture = async (): Promise<Record<string, string>> => {
  const [links, namespaces, mounts, loops, routes, rules, maps] = await Promise.all([
    hostShell.run(['ip', '-brief', 'link']),
    hostShell.run(['ip', 'netns', 'list']),
    hostShell.run(['findmnt', '--list', '--noheadings', '--output', 'TARGET']),
    hostShell.run(['losetup', '--list', '--noheadings', '--output', 'BACK-FILE']),
    hostShell.run(['ip', 'route', 'show', 'table', 'all']),
    hostShell.run(['nft', 'list', 'tables']),
    hostShell.run(['sysctl', 'vm.max_map_count', 'fs.inotify.max_user_instances']),
  ]);
  return { links, namespaces, mounts, loops, routes, rules, maps };
};

/** Two VPCs that use the same range. */
export const subnet = { id: 5, vpcId: 7, range: '10.20.0.0/24' };
export const twinSubnet = { id: 6, vpcId: 8, range: '10.20.0.0/24' };

/** Resolves when root gets a shell by key. */
export const reachable = (lab: Room, address: string): Promise<number> =>
  until(`ssh to ${address}`, 'root', async () => (await overSsh(lab, address, 'whoami')) ?? 'nothing', 60_000);

/** Creates and boots machines side by side and waits for their shells. */
export const bringUp = async (lab: Room, room: RealHardware, specs: readonly MachineSpec[]): Promise<void> => {
  await Promise.all(
    specs.map(async (spec) => {
      await room.createMachine(spec);
      await room.bootMachine(spec);
      await reachable(lab, spec.interfaces[0]?.address ?? '');
    }),
  );
};

/** Do not start beside another lab: closing this one would end that one's machines. */
export const refuseObstacles = async (): Promise<void> => {
  const obstacles = await preflight({ stateDirectory: '/var/tmp', memoryMb: 3_000, diskMb: 3_000 });
  assert.deepEqual(
    obstacles.filter(({ severity }) => severity === 'blocker'),
    [],
  );
};
