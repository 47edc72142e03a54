// The release as one compressed file, packed at most once however many machines it is sent to, and removed afterwards.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream, type ReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { UnderstudyError } from '../ground/index.ts';
import { packCommand, type Release } from '../machines/index.ts';

export class ReleaseArchive implements AsyncDisposable {
  readonly #release: Release;
  #packing: Promise<{ readonly directory: string; readonly file: string }> | undefined;

  constructor(release: Release) {
    this.#release = release;
  }

  /** A stream of the whole archive. Error: `reconcile-release` when the directory cannot be packed. */
  async open(): Promise<ReadStream> {
    this.#packing ??= pack(this.#release);
    return createReadStream((await this.#packing).file);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const packed = await this.#packing?.catch(() => undefined);
    if (packed) await rm(packed.directory, { recursive: true, force: true });
  }
}

async function pack(release: Release): Promise<{ directory: string; file: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'understudy-archive-'));
  const file = join(directory, 'release.tar.gz');
  const [program = '', ...args] = packCommand(release);
  const tar = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  tar.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  try {
    const ended = once(tar, 'close') as Promise<[number | null]>;
    // The fastest level: a runtime's binary shrinks to four tenths, and the higher levels cost seconds for little more.
    await Promise.all([
      pipeline(tar.stdout, createGzip({ level: 1 }), createWriteStream(file, { mode: 0o600 })),
      ended,
    ]);
    const [code] = await ended;
    if (code === 0) return { directory, file };
  } catch (cause) {
    said.push(Buffer.from(cause instanceof Error ? cause.message : String(cause)));
  }
  await rm(directory, { recursive: true, force: true });
  throw new UnderstudyError(
    'reconcile-release',
    `The release in ${release.directory} could not be packed: ${Buffer.concat(said).toString().trim()}`,
    { facts: { directory: release.directory } },
  );
}
