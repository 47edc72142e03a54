// Releases, each as one compressed file, packed once for all machines. The file is unlinked while it is open, so that the kernel
// frees it however this process ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, type ReadStream } from 'node:fs';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { UnderstudyError } from '@understudy/foundation';
import { packCommand, type Release } from '../../machines/index.ts';

export class ReleaseArchive implements AsyncDisposable {
  readonly #release: Release;
  readonly #packing = new Map<string, Promise<FileHandle>>();

  constructor(release: Release) {
    this.#release = release;
  }

  /** A stream of the whole archive, of the service's release or another one. Error: `reconcile-release` when the directory cannot be packed. */
  async open(release: Release = this.#release): Promise<ReadStream> {
    const packing = this.#packing.get(release.id) ?? pack(release);
    this.#packing.set(release.id, packing);
    // With `start`, each stream reads from its own position.
    return createReadStream('', { fd: (await packing).fd, start: 0, autoClose: false });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const packing of this.#packing.values()) await (await packing.catch(() => undefined))?.close();
  }
}

async function pack(release: Release): Promise<FileHandle> {
  const file = await unlinkedFile();
  const [program = '', ...args] = packCommand(release);
  const tar = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const errorOutput: Buffer[] = [];
  tar.stderr.on('data', (chunk: Buffer) => errorOutput.push(chunk));
  try {
    const ended = once(tar, 'close') as Promise<[number | null]>;
    // The fastest level: a runtime's binary shrinks to 40 %; higher levels take seconds longer and save little.
    await Promise.all([
      pipeline(tar.stdout, createGzip({ level: 1 }), (packed: AsyncIterable<Buffer>) => append(packed, file)),
      ended,
    ]);
    const [code] = await ended;
    if (code === 0) return file;
  } catch (cause) {
    errorOutput.push(Buffer.from(cause instanceof Error ? cause.message : String(cause)));
  }
  await file.close();
  throw new UnderstudyError(
    'reconcile-release',
    `The release in ${release.directory} could not be packed: ${Buffer.concat(errorOutput).toString().trim()}`,
    { facts: { directory: release.directory } },
  );
}

async function append(chunks: AsyncIterable<Buffer>, file: FileHandle): Promise<void> {
  for await (const chunk of chunks) await file.writeFile(chunk);
}

async function unlinkedFile(): Promise<FileHandle> {
  const directory = await mkdtemp(join(tmpdir(), 'understudy-archive-'));
  try {
    return await open(join(directory, 'release.tar.gz'), 'wx+', 0o600);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
