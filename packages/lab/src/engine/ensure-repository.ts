// Puts packages into an apt repository of the vendor's shape: pool, signed index, key beside it. It does not serve it.
import { createHash } from 'node:crypto';
import { link, mkdir, readFile, stat, writeFile, copyFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { systemClock, type Clock, type Logger } from '@understudy/foundation';
import { runBuildCommand } from '../cache/build-command.ts';
import { buildOnce } from '../cache/build-once.ts';
import {
  component,
  packagesIndex,
  packagesPath,
  releaseFile,
  suite,
  type IndexFile,
  type IndexedPackage,
} from './repository-index.ts';
import { clearSignCommand, detachSignCommand, ensureSigningKey, stopAgent, type SigningKey } from './signing-key.ts';

export interface RepositoryOptions {
  readonly cacheDir: string;
  readonly packages: readonly { readonly engine: string; readonly file: string }[];
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
}

export interface Repository {
  /** Serve this folder over HTTP; machines then use `deb [signed-by=KEY] http://.../ stable main`. Holds `key.asc`. */
  readonly directory: string;
  readonly suite: string;
  readonly component: string;
  /** Path of the armored public key below `directory`. */
  readonly keyPath: string;
  /** The armored public key itself. */
  readonly publicKey: string;
}

async function addPackage(engine: string, file: string, directory: string): Promise<IndexedPackage> {
  const path = join('pool', component, engine.slice(0, 1), engine, basename(file));
  const target = join(directory, path);
  await mkdir(dirname(target), { recursive: true });
  // The same file twice costs nothing where hard links work, and the cache may span file systems.
  await link(file, target).catch(() => copyFile(file, target));
  const content = await readFile(file);
  return {
    control: await runBuildCommand(['dpkg-deb', '--field', file]),
    path,
    bytes: (await stat(file)).size,
    sha256: createHash('sha256').update(content).digest('hex'),
  };
}

async function build(options: RepositoryOptions, key: SigningKey, directory: string): Promise<void> {
  const { signal } = options;
  const indexed: IndexedPackage[] = [];
  for (const { engine, file } of options.packages) indexed.push(await addPackage(engine, file, directory));
  const index = Buffer.from(packagesIndex(indexed));
  const files: IndexFile[] = [
    { path: packagesPath, content: index },
    { path: `${packagesPath}.gz`, content: gzipSync(index) },
  ];
  const dists = join(directory, 'dists', suite);
  for (const file of files) {
    await mkdir(dirname(join(dists, file.path)), { recursive: true });
    await writeFile(join(dists, file.path), file.content);
  }
  const release = join(dists, 'Release');
  await writeFile(release, releaseFile(files, new Date((options.clock ?? systemClock).now())));
  await runBuildCommand(clearSignCommand(key.gnupgHome, release, join(dists, 'InRelease')), { signal });
  await runBuildCommand(detachSignCommand(key.gnupgHome, release, join(dists, 'Release.gpg')), { signal });
  await stopAgent(key.gnupgHome);
  await writeFile(join(directory, 'key.asc'), key.publicKey);
}

/** A repository with exactly these packages. A different set is a different folder. Errors: those of its commands. */
export async function ensureRepository(options: RepositoryOptions): Promise<Repository> {
  const key = await ensureSigningKey(options);
  const content = [...options.packages.map(({ file }) => file), key.publicKey].join('\0');
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const directory = join(options.cacheDir, 'repository', hash);
  await buildOnce({ ...options, directory, build: (scratch) => build(options, key, scratch) });
  return { directory, suite, component, keyPath: 'key.asc', publicKey: key.publicKey };
}
