// Builds the machines' disk image once and keeps it in the cache. Refuses to run without root, which debootstrap needs.
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UnderstudyError, systemClock, type Clock, type Logger } from '@understudy/foundation';
import { runBuildCommand } from '../cache/build-command.ts';
import { buildOnce } from '../cache/build-once.ts';
import { buildAptConfiguration, buildFolder, containerCommand, debootstrapCommand, installScript } from './commands.ts';
import { imageSources, readHostApt } from './host-apt.ts';
import { debian13, recipeHash, type ImageRecipe } from './recipe.ts';

export interface ImageOptions {
  /** The lab's cache folder; an image takes about 500 MB of it. */
  readonly cacheDir: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Default: the recipe of linode/debian13. */
  readonly recipe?: ImageRecipe;
}

export interface Image {
  /** Linode's name of it. */
  readonly id: 'linode/debian13';
  /** Hash of the recipe; the image never changes under one hash. */
  readonly hash: string;
  /** A whole root file system, to be used as the lower layer of an overlay and never written to. */
  readonly rootDirectory: string;
}

const subject = 'image';

/** Host path -> path in the build; only those that exist are bound. */
const hostFiles: readonly (readonly [string, string])[] = [
  ['/etc/ssl/certs/ca-certificates.crt', `${buildFolder}-ca.crt`],
  ['/etc/apt/auth.conf.d', '/etc/apt/auth.conf.d'],
  ['/etc/apt/auth.conf', '/etc/apt/auth.conf'],
];

const exists = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function build(recipe: ImageRecipe, scratch: string, options: ImageOptions): Promise<void> {
  const { logger, signal } = options;
  const clock = options.clock ?? systemClock;
  const startedMs = clock.monotonicMs();
  const tell = (text: string): void => logger({ level: 'info', subject, text });
  const root = join(scratch, 'root');
  const host = await readHostApt(await readFile('/etc/os-release', 'utf8'), signal);

  tell(`Debian ${recipe.codename}: unpacking the base system (1 of 2)`);
  await runBuildCommand(debootstrapCommand(recipe, host.mirrors.archive, root), { signal });
  await writeFiles(root, recipe);

  tell(`Debian ${recipe.codename}: installing ${recipe.packages.length} packages and what they need (2 of 2)`);
  const readOnly: (readonly [string, string])[] = [];
  for (const bind of hostFiles) if (await exists(bind[0])) readOnly.push(bind);
  const authority = readOnly.some(([path]) => path.endsWith('.crt'))
    ? [`Acquire::https::CAInfo "${buildFolder}-ca.crt";`]
    : [];
  const buildFiles = join(scratch, 'build');
  await mkdir(buildFiles);
  await writeFile(join(buildFiles, 'apt.conf'), buildAptConfiguration([...authority, ...host.settings]));
  await writeFile(join(buildFiles, 'sources.list'), `${imageSources(host.mirrors, recipe.codename).join('\n')}\n`);
  await runBuildCommand(
    containerCommand(root, `understudy-image-${process.pid}`, { buildFiles, readOnly }, installScript(recipe)),
    { signal },
  );
  await rm(buildFiles, { recursive: true });

  // Again, because packages bring their own versions of some and the container was given the host's resolv.conf.
  await writeFiles(root, recipe);
  tell(`ready after ${Math.round((clock.monotonicMs() - startedMs) / 1000)} s`);
}

async function writeFiles(root: string, recipe: ImageRecipe): Promise<void> {
  for (const file of recipe.files) {
    const path = join(root, file.path);
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
    await writeFile(path, file.content);
  }
}

/**
 * The image linode/debian13, built if the cache lacks it (about a minute on two cores). Safe to call from several processes, and
 * after one of them was killed. Errors: `lab-needs-root`, `lab-no-debian-mirror`, `lab-program-missing`, `lab-build-failed`.
 */
export async function ensureImage(options: ImageOptions): Promise<Image> {
  const recipe = options.recipe ?? debian13;
  const hash = recipeHash(recipe);
  const directory = join(options.cacheDir, 'images', `debian13-${hash}`);
  await buildOnce({
    ...options,
    directory,
    build: async (scratch) => {
      if (process.getuid?.() !== 0) {
        throw new UnderstudyError('lab-needs-root', 'Building the disk image of the lab needs root. Run it with sudo.');
      }
      await build(recipe, scratch, options);
    },
  });
  return { id: 'linode/debian13', hash, rootDirectory: join(directory, 'root') };
}
