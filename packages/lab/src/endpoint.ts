// The running lab's address and token: written by the daemon when it is ready, read by everyone else.
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { Secret, UnderstudyError } from '@understudy/foundation';
import { endpointFile, labPlaces, type LabPlaces } from './places.ts';

const stored = z.object({
  apiUrl: z.url(),
  controlUrl: z.url(),
  token: z.string().min(1),
  packageRepository: z.object({ url: z.url(), keyUrl: z.url() }),
  nameServer: z.string().min(1),
  pid: z.int(),
});

export interface LabEndpoint {
  /** Linode's API, with `/v4`. */
  readonly apiUrl: string;
  /** The lab's own endpoints, with `/lab`. */
  readonly controlUrl: string;
  readonly token: Secret;
  /** As machines of the lab reach it. */
  readonly packageRepository: { readonly url: string; readonly keyUrl: string };
  /** The name server of the account's domains, with its port: over UDP, from this host alone. */
  readonly nameServer: string;
  readonly pid: number;
}

/** The endpoint of the running lab. Error: `lab-not-running`. */
export async function labEndpoint(places: LabPlaces = labPlaces()): Promise<LabEndpoint> {
  let text: string;
  try {
    text = await readFile(endpointFile(places), 'utf8');
  } catch (cause) {
    const denied = (cause as NodeJS.ErrnoException).code === 'EACCES';
    const why = denied
      ? `${endpointFile(places)} is readable by root alone. Run this with sudo.`
      : 'No lab is running here. Start one: understudy lab up';
    throw new UnderstudyError('lab-not-running', why, { cause });
  }
  const { token, ...rest } = stored.parse(JSON.parse(text));
  return { ...rest, token: new Secret(token) };
}

/** Atomic, readable by the owner alone. */
export async function writeEndpoint(places: LabPlaces, endpoint: LabEndpoint): Promise<void> {
  const file = endpointFile(places);
  await writeFile(`${file}.new`, JSON.stringify({ ...endpoint, token: endpoint.token.reveal() }), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

export async function removeEndpoint(places: LabPlaces): Promise<void> {
  await rm(endpointFile(places), { force: true });
}
