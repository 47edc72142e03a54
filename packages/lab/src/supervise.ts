// Starts and stops the lab: checks the host, builds what is missing, starts the daemon, waits until it answers.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock, UnderstudyError, type Logger } from '@understudy/foundation';
import { labStatus, type LabStatus } from './control-client.ts';
import { daemonConfigSchema, type DaemonConfig } from './daemon.ts';
import { labEndpoint, removeEndpoint } from './endpoint.ts';
import { ensureEnginePackage, type EngineName } from './engine/index.ts';
import { ensureImage } from './image/index.ts';
import { removeLab, inventory, isNothing, sweep } from './real-hardware.ts';
import { daemonConfigFile, daemonLogFile, labPlaces, type LabPlaces } from './places.ts';
import { labOwner, preflight } from './preflight.ts';

export interface LabUpOptions {
  /** The image, the engine packages and their repository are kept here between labs. */
  readonly cacheDirectory: string;
  readonly logger: Logger;
  readonly signal?: AbortSignal;
  /** Whose package is built before the lab starts, unless the lab is up already; an apply gets any other. Default: Elasticsearch. */
  readonly engine?: EngineName;
}

/** The measured need of the smallest useful topology, not the sizes of its machine types. */
const needs = { memoryMb: 5_000, diskMb: 4_000 };
const startTimeoutMs = 60_000;
const stopTimeoutMs = 60_000;
/** The daemon's source in a clone, its compiled form in an installed package. */
const daemonProgram = fileURLToPath(import.meta.resolve('#daemon'));
/** What the examples ask for; the daemon gets any other version when an apply asks for it. */
const firstVersions: Readonly<Record<EngineName, string>> = { elasticsearch: '9.5.3', opensearch: '3.4.0' };

/**
 * The lab, up and answering; at once when it is up already. Errors: `lab-host-unfit` (facts.findings), `lab-start-failed`, and
 * those of building the image and the packages.
 */
export async function labUp(options: LabUpOptions): Promise<LabStatus> {
  const places = labPlaces();
  const { logger, signal } = options;
  const present = await labStatus();
  if (present.running) return present;
  await refuseUnfitHost(places, logger);
  const config = await prepare(places, options);
  signal?.throwIfAborted();
  await sweepUnlessDaemonRuns(places, logger);
  await startDaemon(places, config, signal);
  const status = await labStatus();
  logger({ level: 'info', subject: 'lab', text: `answers at ${status.apiUrl ?? '?'}` });
  return status;
}

async function refuseUnfitHost(places: LabPlaces, logger: Logger): Promise<void> {
  const findings = await preflight({ stateDirectory: places.stateDirectory, ...needs });
  for (const { severity, seen, remedy } of findings) {
    if (severity === 'warning') logger({ level: 'warn', subject: 'host', text: `${seen} (${remedy})` });
  }
  const blockers = findings.filter((finding) => finding.severity === 'blocker');
  if (blockers.length === 0) return;
  const lines = blockers.map(({ seen, remedy }) => `  ${seen}\n    remedy: ${remedy}`);
  throw new UnderstudyError('lab-host-unfit', `The lab cannot run on this host:\n${lines.join('\n')}`, {
    facts: { findings },
  });
}

/** Builds what is missing and writes the daemon's configuration. */
async function prepare(places: LabPlaces, options: LabUpOptions): Promise<DaemonConfig> {
  const { cacheDirectory: cacheDir, logger, signal, engine = 'elasticsearch' } = options;
  const image = await ensureImage({ cacheDir, logger, signal });
  const first = { engine, version: firstVersions[engine] };
  await ensureEnginePackage({ ...first, cacheDir, imageRoot: image.rootDirectory, logger, signal });
  await mkdir(places.runDirectory, { recursive: true, mode: 0o755 });
  const config: DaemonConfig = {
    ...places,
    cacheDirectory: path.resolve(cacheDir),
    token: randomBytes(24).toString('hex'),
    imageRoots: { [image.id]: image.rootDirectory },
    hardware: 'real',
  };
  await writeFile(daemonConfigFile(places), JSON.stringify(config), { mode: 0o600 });
  return config;
}

/** With its state on disk, an earlier lab's machines are kept; without it they are unknown and removed. */
async function sweepUnlessDaemonRuns(places: LabPlaces, logger: Logger): Promise<void> {
  if (existsSync(path.join(places.stateDirectory, 'state.json'))) return;
  if (isNothing(await inventory(places))) return;
  logger({
    level: 'warn',
    subject: 'lab',
    text: 'an earlier lab left machines, mounts or links without its state; they are removed',
  });
  await sweep(places);
}

/** Starts the daemon in a session of its own; resolves when the endpoint is written. */
export async function startDaemon(places: LabPlaces, config: DaemonConfig, signal?: AbortSignal): Promise<void> {
  daemonConfigSchema.parse(config);
  await removeEndpoint(places);
  const log = await open(daemonLogFile(places), 'a', 0o600);
  const arguments_ = [...process.execArgv, daemonProgram, daemonConfigFile(places)];
  const child = spawn(process.execPath, arguments_, { detached: true, stdio: ['ignore', log.fd, log.fd], cwd: '/' });
  let exit: string | undefined;
  child.once('exit', (code, by) => {
    exit = by ?? `code ${code ?? '?'}`;
  });
  child.once('error', (error) => {
    exit = String(error);
  });
  child.unref();
  await log.close();
  const deadline = systemClock.monotonicMs() + startTimeoutMs;
  for (;;) {
    const ready = await labEndpoint(places).catch(() => undefined);
    if (ready !== undefined && ready.pid === child.pid) return;
    if (exit !== undefined || systemClock.monotonicMs() > deadline) {
      const lines = (await readFile(daemonLogFile(places), 'utf8')).trim().split('\n').slice(-15).join('\n');
      const what = exit === undefined ? `did not answer within ${startTimeoutMs / 1000} s` : `ended with ${exit}`;
      throw new UnderstudyError(
        'lab-start-failed',
        `The lab's daemon ${what}. The end of ${daemonLogFile(places)}:\n${lines}`,
      );
    }
    await systemClock.sleep(100, signal);
  }
}

/** Ends the daemon, if one runs; its machines keep running. Resolves when the process is gone. */
export async function stopDaemon(places: LabPlaces): Promise<void> {
  const endpoint = await labEndpoint(places).catch(() => undefined);
  if (endpoint === undefined || !(await isDaemon(endpoint.pid, places))) return;
  process.kill(endpoint.pid, 'SIGTERM');
  const deadline = systemClock.monotonicMs() + stopTimeoutMs;
  while (await isDaemon(endpoint.pid, places)) {
    if (systemClock.monotonicMs() > deadline) {
      process.kill(endpoint.pid, 'SIGKILL');
      return;
    }
    await systemClock.sleep(50);
  }
}

/** The pid may belong to another process by now. What started the daemon may have been another copy of this tool, cloned or installed. */
async function isDaemon(pid: number, places: LabPlaces): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const [configFile, program = ''] = command.split('\0').filter(Boolean).reverse();
  return configFile === daemonConfigFile(places) && path.parse(program).name === path.parse(daemonProgram).name;
}

/**
 * Removes the lab with every machine, link, rule, mount and file of it; the cache stays. Repeatable. Errors: `lab-other` when another lab is
 * up, `lab-needs-root`.
 */
export async function labDown({ logger }: { readonly logger: Logger }): Promise<void> {
  const places = labPlaces();
  // What runs on the host is ended whatever its state directory, so another lab's machines would be too.
  const owner = await labOwner();
  if (owner && owner !== places.stateDirectory) {
    throw new UnderstudyError(
      'lab-other',
      `Another lab, with its state in ${owner}, is up on this host, and the one to be removed has its state in ${places.stateDirectory}. ` +
        'Nothing was removed. Take the other one down first: ' +
        `UNDERSTUDY_LAB_STATE=${owner} understudy lab down`,
      { facts: { owner, stateDirectory: places.stateDirectory } },
    );
  }
  await stopDaemon(places);
  if (process.getuid?.() !== 0) {
    throw new UnderstudyError(
      'lab-needs-root',
      'Removing the lab needs root, as it took root to make it. Run: sudo understudy lab down',
    );
  }
  const removed = await removeLab(places);
  const { processes, mounts, namespaces } = removed;
  logger({
    level: 'info',
    subject: 'lab',
    text: `is removed: ${processes.length} processes, ${mounts.length} mounts, ${namespaces.length} namespaces`,
  });
}
