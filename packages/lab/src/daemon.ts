// The lab's background process: Linode's API over this machine's hardware, the metadata service and the package
// repository. It ends on SIGTERM and leaves the machines running; started again, it goes on where it was.
import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { z } from 'zod';
import { createRegionApi } from './region/api/index.ts';
import { EngineStock } from './engine/index.ts';
import { removeEndpoint, writeEndpoint } from './endpoint.ts';
import type { Hardware } from './region/hardware.ts';
import { createHardware } from './real-hardware.ts';
import { buildMetadataServer } from './region/metadata.ts';
import { daemonLogFile, repositoryLink, type LabPlaces } from './places.ts';
import { startNameServer } from './region/name-server.ts';
import { publicNetwork } from './region/public-network.ts';
import { SimulatedHardware } from './region/simulated-hardware.ts';
import { fileStateStore } from './region/state/state-file.ts';
import { buildFileServer } from './static-files.ts';
import { Secret, systemClock, type Logger } from '@understudy/foundation';

const port = z.int().min(0).max(65_535);

export const daemonConfigSchema = z.object({
  stateDirectory: z.string(),
  runDirectory: z.string(),
  apiPort: port,
  metadataPort: port,
  packagePort: port,
  namePort: port,
  token: z.string().min(16),
  /** Packages of engines are kept and built here. */
  cacheDirectory: z.string(),
  /** Image id -> unpacked root. */
  imageRoots: z.record(z.string(), z.string()),
  /** `simulated`: no machines, everything on loopback; for tests of the daemon itself. */
  hardware: z.enum(['real', 'simulated']),
});

export type DaemonConfig = z.infer<typeof daemonConfigSchema>;

const observeEveryMs = 2_000;

/** Structured: one JSON object a line. */
function fileLogger(file: string): Logger {
  return ({ level, subject, text }) => {
    appendFileSync(file, `${JSON.stringify({ time: new Date().toISOString(), level, subject, text })}\n`, {
      mode: 0o600,
    });
  };
}

async function openHardware(config: DaemonConfig, logger: Logger): Promise<Hardware> {
  if (config.hardware === 'simulated') return new SimulatedHardware();
  const { stateDirectory, runDirectory, metadataPort } = config;
  const room = createHardware({
    stateDirectory,
    runDirectory,
    imageRoots: new Map(Object.entries(config.imageRoots)),
    metadataPort,
    logger,
  });
  await room.open();
  return room;
}

function listenOn(server: Server, at: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, host, () => resolve((server.address() as AddressInfo).port));
  });
}

export interface RunningDaemon {
  stop(): Promise<void>;
}

/** Starts everything and writes the endpoint; resolves when the lab answers. */
export async function runDaemon(config: DaemonConfig): Promise<RunningDaemon> {
  const places: LabPlaces = config;
  const logger = fileLogger(daemonLogFile(places));
  const hardware = await openHardware(config, logger);
  const engines = new EngineStock({
    cacheDir: config.cacheDirectory,
    imageRoot: Object.values(config.imageRoots)[0],
    repositoryLink: repositoryLink(places),
    logger,
  });
  await engines.open();
  const token = new Secret(config.token);
  const api = createRegionApi({
    hardware,
    token,
    logger,
    stateStore: fileStateStore(config.stateDirectory),
    speed: Infinity,
    engines,
  });
  await api.start();
  const inside = config.hardware === 'real' ? publicNetwork.hostAddress : '127.0.0.1';
  const metadata = buildMetadataServer({ store: api.store, clock: systemClock });
  await metadata.listen({ port: config.metadataPort, host: inside });
  const packages = buildFileServer(repositoryLink(places));
  const packageUrl = `http://${inside}:${await listenOn(packages, config.packagePort, inside)}`;
  const base = await api.listen(config.apiPort);
  const names = await startNameServer({ store: api.store, clock: systemClock, port: config.namePort });
  const watch = setInterval(() => {
    api
      .observe()
      .catch((error: unknown) =>
        logger({ level: 'error', subject: 'lab', text: `machines could not be observed: ${String(error)}` }),
      );
  }, observeEveryMs);
  await writeEndpoint(places, {
    apiUrl: `${base}/v4`,
    controlUrl: `${base}/lab`,
    token,
    packageRepository: { url: packageUrl, keyUrl: `${packageUrl}/key.asc` },
    nameServer: names.address,
    pid: process.pid,
  });
  logger({ level: 'info', subject: 'lab', text: `answers at ${base}` });
  return {
    async stop() {
      clearInterval(watch);
      await removeEndpoint(places);
      packages.closeAllConnections();
      packages.close();
      await engines.close();
      await names.close();
      await metadata.close();
      await api.stop();
      logger({ level: 'info', subject: 'lab', text: 'stopped; machines keep running' });
    },
  };
}

if (import.meta.main) {
  const config = daemonConfigSchema.parse(JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')));
  const daemon = runDaemon(config);
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      // Nothing listens any more after this, so the process ends by itself.
      void daemon.then((running) => running.stop());
    });
  }
  await daemon;
}
