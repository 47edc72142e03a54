// Certificates that are ordered by ACME, as the operator keeps them: one file for each listener, and the key of the account. A file is
// replaced only by a certificate that the authority has issued.
import { readdir, readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Secret, UnderstudyError } from '@understudy/foundation';
import { z } from 'zod';
import {
  fileChallenges,
  newAccountKey,
  orderCertificate,
  recordChallenges,
  type ChallengeFiles,
  type ChallengeWay,
  type RecordJournal,
} from '../acme/index.ts';
import type { World } from '../observe/index.ts';
import { acmeFileName } from '../secure/index.ts';
import { acmeOf, type AcmeOptions, type Topology } from '../topology/index.ts';
import { certificateOf, type Certificate } from './certificate.ts';
import { readSecretFile, writeSecret, writeSecretOnce } from './secret-file.ts';

export type { ChallengeFiles, ChallengeHost } from '../acme/index.ts';

/** A certificate, and what it was ordered as. */
export interface OrderedCertificate {
  readonly certificate: Certificate;
  readonly directoryUrl: string;
  readonly domains: readonly string[];
}

/** The certificates of a system's listeners. */
export interface AcmeCertificates {
  /** The newest of the listener on this port; undefined when none was ordered from this computer. */
  kept(port: number): OrderedCertificate | undefined;
  /** Orders a new one and keeps it; one that was refused is not tried again by this command. Errors: those of `orderCertificate`, `reconcile-secret-file`. */
  order(port: number, options: AcmeOptions, context?: OrderContext): Promise<void>;
}

export interface OrderContext {
  readonly signal?: AbortSignal | undefined;
  /** The service machines, for http-01. */
  readonly files?: () => Promise<ChallengeFiles>;
}

/** What the same order would meet again: an authority counts failed ones, and records are waited for for minutes. */
const refused: ReadonlySet<string> = new Set([
  'acme-not-validated',
  'acme-rate-limited',
  'acme-record-unseen',
  'acme-refused',
]);

const stored = z.object({
  directoryUrl: z.url(),
  domains: z.array(z.string()),
  certificatePem: z.string().min(1),
  keyPem: z.string().min(1),
});

type OrderWorld = Pick<World, 'linode' | 'nameServers' | 'clock' | 'logger'>;

/** Reads what is kept in the directory. Errors: `acme-unreadable`. */
export async function openAcmeCertificates(
  directory: string,
  { balancer }: Topology,
  world: OrderWorld,
): Promise<AcmeCertificates> {
  const kept = new Map<number, OrderedCertificate>();
  for (const listener of balancer.listeners) {
    if (!acmeOf(listener)) continue;
    const found = await keptIn(fileOf(directory, listener.port));
    if (found) kept.set(listener.port, found);
  }
  const challengesOf = async (
    port: number,
    { challenge }: AcmeOptions,
    files: OrderContext['files'],
  ): Promise<ChallengeWay> => {
    if (challenge === 'dns-01') return recordChallenges({ ...world, journal: journalIn(directory, port) });
    if (!files) throw new Error('an order with http-01 needs the service machines');
    return fileChallenges(await files());
  };
  const refusals = new Map<number, UnderstudyError>();
  return {
    kept: (port) => kept.get(port),
    async order(port, options, { signal, files } = {}) {
      const refusal = refusals.get(port);
      if (refusal) throw refusal;
      const { directoryUrl, domains, email } = options;
      const accountKey = await accountKeyIn(directory, directoryUrl);
      const challenges = await challengesOf(port, options, files);
      const { clock } = world;
      const request = { directoryUrl, accountKey, email, domains, challenges, clock, signal };
      const ordered = await orderCertificate(request).catch((error: unknown) => {
        if (error instanceof UnderstudyError && refused.has(error.code)) refusals.set(port, error);
        throw error;
      });
      const { chainPem: certificatePem, keyPem } = ordered;
      const text = { directoryUrl, domains, certificatePem, keyPem: keyPem.reveal() };
      await writeSecret(fileOf(directory, port), JSON.stringify(text));
      kept.set(port, { directoryUrl, domains, certificate: certificateOf(certificatePem, keyPem) });
    },
  };
}

/** Name -> text, for another operator; undefined when nothing was ordered from here. They hold secrets. */
export async function acmeTexts(directory: string): Promise<Readonly<Record<string, string>> | undefined> {
  const names = await readdir(directory).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  const texts = names
    .filter((name) => acmeFileName.test(name))
    .map(async (name) => [name, await readFile(join(directory, name), 'utf8')] as const);
  return texts.length === 0 ? undefined : Object.fromEntries(await Promise.all(texts));
}

/**
 * Puts what `acmeTexts` returned in place: an account key that is there stays, and of two certificates the later one is kept. Resolves with
 * whether anything was written. Errors: `acme-unreadable`, and then nothing was.
 */
export async function keepAcmeTexts(directory: string, texts: Readonly<Record<string, string>>): Promise<boolean> {
  const news: string[] = [];
  for (const [name, text] of Object.entries(texts)) {
    const path = join(directory, name);
    const there = await textIn(path);
    if (there === undefined) news.push(name);
    else if (name.endsWith('.json') && issuedMs(path, text) > issuedMs(path, there)) news.push(name);
  }
  for (const name of news) await writeSecret(join(directory, name), texts[name] ?? '');
  return news.length > 0;
}

function issuedMs(path: string, text: string): number {
  return storedIn(path, text).certificate.notBefore.getTime();
}

function fileOf(directory: string, port: number): string {
  return join(directory, `certificate-${port}.json`);
}

async function keptIn(path: string): Promise<OrderedCertificate | undefined> {
  const text = await textIn(path);
  return text === undefined ? undefined : storedIn(path, text);
}

function storedIn(path: string, text: string): OrderedCertificate {
  try {
    const { certificatePem, keyPem, directoryUrl, domains } = stored.parse(JSON.parse(text));
    return { directoryUrl, domains, certificate: certificateOf(certificatePem, new Secret(keyPem)) };
  } catch (cause) {
    throw unreadable(path, 'a certificate with its key', cause);
  }
}

/** One account for each authority; its key is made once. */
async function accountKeyIn(directory: string, directoryUrl: string): Promise<Secret> {
  const path = join(directory, `account-${createHash('sha256').update(directoryUrl).digest('hex').slice(0, 12)}.key`);
  if ((await textIn(path)) === undefined) await writeSecretOnce(path, (await newAccountKey()).reveal());
  return await readSecretFile(path, 'the key of the ACME account');
}

const journalSchema = z.array(z.object({ name: z.string(), value: z.string() }));

function journalIn(directory: string, port: number): RecordJournal {
  const path = join(directory, `records-${port}.json`);
  return {
    async read() {
      const text = await textIn(path);
      try {
        return text === undefined ? [] : journalSchema.parse(JSON.parse(text));
      } catch (cause) {
        throw unreadable(path, 'a list of records', cause);
      }
    },
    write: (records) => writeSecret(path, JSON.stringify(records)),
  };
}

function unreadable(path: string, what: string, cause: unknown): UnderstudyError {
  const text = `${path} does not hold ${what}, as this tool writes it. Restore it, or remove it to order a new certificate.`;
  return new UnderstudyError('acme-unreadable', text, { facts: { path }, cause });
}

async function textIn(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
