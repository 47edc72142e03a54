// What an operator asks of a running lab: its state, a power cut, a shell in a machine, its logs.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { systemClock, UnderstudyError, type Logger } from '@understudy/foundation';
import { labEndpoint } from './endpoint.ts';
import { createHardware, type RealHardware } from './real-hardware.ts';
import { diskPaths } from './machine/disk.ts';
import { daemonLogFile, labPlaces, type LabPlaces } from './places.ts';

const machineSchema = z.object({
  id: z.int(),
  label: z.string(),
  status: z.string(),
  publicAddress: z.string().nullable(),
  vpcAddresses: z.array(z.string().nullable()),
});

export type LabMachine = z.infer<typeof machineSchema>;

const countsSchema = z.object({
  machines: z.int(),
  running: z.int(),
  jobs: z.int(),
  vpcs: z.int(),
  firewalls: z.int(),
  balancers: z.int(),
  placementGroups: z.int(),
  events: z.int(),
});

export interface LabStatus {
  readonly running: boolean;
  /** The API's base URL with `/v4`; undefined when the lab is down. */
  readonly apiUrl?: string;
  readonly pid?: number;
  readonly machines: readonly LabMachine[];
  readonly counts?: z.infer<typeof countsSchema>;
}

const requestTimeoutMs = 30_000;
/** Removing every machine takes seconds each. */
const resetTimeoutMs = 300_000;
const bootTimeoutMs = 120_000;

/** Asks the daemon. Errors: `lab-not-running`, `lab-machine-unknown` (or what `unknown` makes of a 404), `lab-refused`. */
export async function ask(
  method: 'GET' | 'POST',
  url: string,
  timeoutMs = requestTimeoutMs,
  unknown = () =>
    new UnderstudyError('lab-machine-unknown', `The lab has no machine of that name. See: understudy lab status`),
): Promise<unknown> {
  const endpoint = await labEndpoint();
  let response: Response;
  try {
    response = await fetch(`${endpoint.controlUrl}${url}`, {
      method,
      headers: { authorization: `Bearer ${endpoint.token.reveal()}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (cause) {
    throw new UnderstudyError(
      'lab-not-running',
      `The lab's daemon does not answer at ${endpoint.controlUrl}. Start it again: understudy lab up`,
      { cause },
    );
  }
  if (response.status === 404) throw unknown();
  const body: unknown = await response.json();
  if (!response.ok) {
    throw new UnderstudyError(
      'lab-refused',
      `The lab refused ${method} ${url} with ${response.status}: ${JSON.stringify(body)}`,
      { facts: { status: response.status } },
    );
  }
  return body;
}

async function machines(): Promise<LabMachine[]> {
  return z.object({ machines: z.array(machineSchema) }).parse(await ask('GET', '/machines')).machines;
}

async function machineBy(label: string): Promise<LabMachine> {
  const all = await machines();
  const machine = all.find((candidate) => candidate.label === label);
  if (machine !== undefined) return machine;
  const names = all.map((candidate) => candidate.label).join(', ') || 'none';
  throw new UnderstudyError('lab-machine-unknown', `The lab has no machine '${label}'; it has ${names}.`);
}

/** What the lab holds; `running: false` when its daemon does not answer. */
export async function labStatus(): Promise<LabStatus> {
  try {
    const { apiUrl, pid } = await labEndpoint();
    const counts = countsSchema.parse(await ask('GET', '/status'));
    return { running: true, apiUrl, pid, machines: await machines(), counts };
  } catch (error) {
    if (error instanceof UnderstudyError && error.code === 'lab-not-running') return { running: false, machines: [] };
    throw error;
  }
}

/** Removes every object and machine; the lab stays up. Errors: `lab-not-running`. */
export async function labReset({ logger }: { readonly logger: Logger }): Promise<void> {
  await ask('POST', '/reset', resetTimeoutMs);
  logger({ level: 'info', subject: 'lab', text: 'is empty' });
}

/** Cuts the machine's power: no FIN or RST is sent. Errors: `lab-not-running`, `lab-machine-unknown`, `lab-refused`. */
export async function labPowerCut(label: string): Promise<void> {
  await ask('POST', `/machines/${encodeURIComponent(label)}/power-cut`);
}

/** Boots the machine, and resolves when its init runs. Errors: as `labPowerCut`, and `lab-boot-failed`. */
export async function labPowerOn(label: string): Promise<void> {
  await ask('POST', `/machines/${encodeURIComponent(label)}/power-on`);
  const deadline = systemClock.monotonicMs() + bootTimeoutMs;
  for (;;) {
    const { status } = await machineBy(label);
    if (status === 'running') return;
    if (status !== 'booting' || systemClock.monotonicMs() > deadline) {
      throw new UnderstudyError(
        'lab-boot-failed',
        `${label} is ${status}, expected running. See: understudy lab logs ${label}`,
      );
    }
    await systemClock.sleep(200);
  }
}

/** The hardware as this process sees it: it reads the kernel's state, so it works without the daemon. */
function room(places: LabPlaces): RealHardware {
  const { stateDirectory, runDirectory, metadataPort } = places;
  return createHardware({ stateDirectory, runDirectory, metadataPort, imageRoots: new Map(), logger: () => undefined });
}

/** Argument array of a root shell, or of one command, in a running machine. Errors: `lab-machine-unknown`, `lab-machine-offline`. */
export async function labShellCommand(label: string, words: readonly string[] = []): Promise<readonly string[]> {
  const { id } = await machineBy(label);
  const [program = '/bin/bash', ...rest] = words.length > 0 ? words : ['/bin/bash', '-l'];
  return room(labPlaces()).execInMachine(id, [program, ...rest]);
}

/** The daemon's log, or all that a machine's console printed. Errors: `lab-machine-unknown`, `lab-log-missing`. */
export async function labLogs(label?: string): Promise<string> {
  const places = labPlaces();
  const file = label === undefined ? daemonLogFile(places) : room(places).consoleLog((await machineBy(label)).id);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new UnderstudyError(
      'lab-log-missing',
      `${file} cannot be read; the lab has not run here, or this needs root.`,
      { cause },
    );
  }
}

/** Blocks every write of the machine, or lets them go on. Errors: `lab-machine-unknown`, `lab-disk-not-own`. */
export async function labFreezeDisk(label: string, frozen: boolean): Promise<void> {
  const { id } = await machineBy(label);
  await room(labPlaces()).freezeDisk(id, frozen);
}

/** Why this machine's disk must not be filled or frozen, or null when it is its own. */
export async function labDiskRefusal(label: string): Promise<string | null> {
  const places = labPlaces();
  const { id } = await machineBy(label);
  const { image } = diskPaths(path.join(places.stateDirectory, 'machines', String(id)));
  return existsSync(image) ? null : 'this host has no loop devices, so the machines share its disk';
}
