// Which engines the lab can give to its machines, and making what is missing: builds one package at a time and then points the
// served repository at a folder that has all of them. Refuses what it has no recipe for and what Maven Central does not have.
import { existsSync } from 'node:fs';
import { systemClock, UnderstudyError, type Clock, type Logger } from '@understudy/foundation';
import { pointAt } from '../cache/point-at.ts';
import { Serial } from '../host/serial.ts';
import { builtEnginePackages, ensureEnginePackage, type EnginePackage } from './ensure-engine-package.ts';
import { ensureRepository } from './ensure-repository.ts';
import type { EngineName } from './engine.ts';
import { compareVersions, publishedVersions } from './published-versions.ts';

export type EngineSupply =
  /** Machines can install it now. */
  | { readonly state: 'ready' }
  /** Maven Central has it; it is not built yet, or the last attempt failed. */
  | { readonly state: 'buildable' }
  | { readonly state: 'building'; readonly step: string }
  | { readonly state: 'failed'; readonly reason: string }
  | EngineRefusal
  /** The versions of Maven Central could not be read. */
  | { readonly state: 'unknown'; readonly reason: string };

export interface EngineRefusal {
  readonly state: 'refused';
  /** Which of the two is unsupported. */
  readonly part: 'engine' | 'version';
  readonly allowed: string;
  readonly reason: string;
  readonly remedy: string;
}

export interface EngineStockOptions {
  readonly cacheDir: string;
  /** The machines' disk image, for the class archive of the packages. */
  readonly imageRoot?: string | undefined;
  /** The symbolic link whose target is served to the machines. */
  readonly repositoryLink: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly published?: typeof publishedVersions;
  readonly ensurePackage?: typeof ensureEnginePackage;
}

/** The start class is compiled against each version; before this one the server had another way to load its modules. */
const oldestElasticsearch = '8.18.0';

/** How long a list of versions from Maven Central is taken for the newest. */
const listLifetimeMs = 600_000;

/** The engine packages of one lab. Its states are read at any time; builds queue. */
export class EngineStock {
  readonly #options: EngineStockOptions;
  readonly #clock: Clock;
  readonly #queue = new Serial();
  readonly #stopping = new AbortController();
  readonly #work = new Map<string, Extract<EngineSupply, { state: 'building' | 'failed' }>>();
  #offered: ReadonlySet<string> = new Set();
  #servedFolder: string | undefined;
  readonly #published = new Map<EngineName, { readonly versions: Promise<readonly string[]>; readonly atMs: number }>();

  constructor(options: EngineStockOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Offers every package that the cache has. Call it once, before anything is served. */
  async open(): Promise<void> {
    await this.#queue.run('build', () => this.#publish());
  }

  /** Ends a build that is under way; what it left is removed, and the next one starts from the beginning. */
  async close(): Promise<void> {
    this.#stopping.abort(
      new UnderstudyError('lab-stopping', 'The lab stops; the next apply builds the package again.'),
    );
    await this.#queue.run('build', () => Promise.resolve());
  }

  async supply(engine: EngineName, version: string): Promise<EngineSupply> {
    const key = `${engine} ${version}`;
    const work = this.#work.get(key);
    if (work?.state === 'building') return work;
    if (this.#offers(key)) return { state: 'ready' };
    if (work !== undefined) return work;
    const unfit = refusedByRecipe(engine, version);
    if (unfit !== undefined) return unfit;
    try {
      const versions = (await this.#publishedVersions(engine)).filter((each) => !isTooOld(each));
      return versions.includes(version) ? { state: 'buildable' } : notPublished(versions);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { state: 'unknown', reason: `The versions of Maven Central could not be read. ${reason}` };
    }
  }

  /** Starts to build what can be built and is not built yet; answers at once with the state. A failed build is tried again. */
  async build(engine: EngineName, version: string): Promise<EngineSupply> {
    const key = `${engine} ${version}`;
    if (this.#work.get(key)?.state === 'failed') this.#work.delete(key);
    const supply = await this.supply(engine, version);
    // Another caller may have started it while Maven Central was asked.
    if (supply.state !== 'buildable' || this.#work.has(key)) return this.#work.get(key) ?? supply;
    const waiting = { state: 'building', step: `${version}: waiting for another build` } as const;
    this.#work.set(key, waiting);
    void this.#queue.run('build', () => this.#make(key, engine, version));
    return waiting;
  }

  async #make(key: string, engine: EngineName, version: string): Promise<void> {
    const { cacheDir, imageRoot, ensurePackage = ensureEnginePackage } = this.#options;
    const logger: Logger = (line) => {
      this.#work.set(key, { state: 'building', step: line.text });
      this.#options.logger(line);
    };
    try {
      const { signal } = this.#stopping;
      signal.throwIfAborted();
      await ensurePackage({ engine, version, cacheDir, imageRoot, logger, signal });
      await this.#publish();
      this.#work.delete(key);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#work.set(key, { state: 'failed', reason });
      this.#options.logger({ level: 'error', subject: engine, text: `${version} could not be built: ${reason}` });
    }
  }

  /** Serves a repository of all packages that are built; machines see the old one or the new one, never a part. */
  async #publish(): Promise<void> {
    const { cacheDir, repositoryLink, logger } = this.#options;
    const packages: readonly EnginePackage[] = await builtEnginePackages(this.#options);
    if (packages.length === 0) return;
    const { signal } = this.#stopping;
    const { directory } = await ensureRepository({ cacheDir, packages, logger, clock: this.#clock, signal });
    await pointAt(repositoryLink, directory);
    this.#servedFolder = directory;
    this.#offered = new Set(packages.map(({ engine, version }) => `${engine} ${version}`));
    logger({ level: 'info', subject: 'packages', text: `offers ${[...this.#offered].join(', ')}` });
  }

  /** The cache may have been emptied while the lab runs. */
  #offers(key: string): boolean {
    return this.#offered.has(key) && this.#servedFolder !== undefined && existsSync(this.#servedFolder);
  }

  /** Asked once for all who want to know at the same time. */
  #publishedVersions(engine: EngineName): Promise<readonly string[]> {
    const { cacheDir, published = publishedVersions } = this.#options;
    const atMs = this.#clock.monotonicMs();
    const known = this.#published.get(engine);
    if (known !== undefined && atMs - known.atMs < listLifetimeMs) return known.versions;
    const versions = published(engine, { cacheDir, signal: this.#stopping.signal });
    this.#published.set(engine, { versions, atMs });
    versions.catch(() => this.#published.delete(engine));
    return versions;
  }
}

const isTooOld = (version: string): boolean => compareVersions(version, oldestElasticsearch) < 0;

function refusedByRecipe(engine: EngineName, version: string): EngineRefusal | undefined {
  if (engine !== 'elasticsearch')
    return {
      state: 'refused',
      part: 'engine',
      allowed: 'elasticsearch, in the lab',
      reason: 'the lab has no package of OpenSearch yet',
      remedy: 'set engine: elasticsearch and one of its versions, or use --target linode',
    };
  if (!isTooOld(version)) return undefined;
  return {
    state: 'refused',
    part: 'version',
    allowed: `${oldestElasticsearch} or later, in the lab`,
    reason: 'the lab cannot start an older one from its jars',
    remedy: 'set a later version; an upgrade to 9 starts from 8.18 or 8.19 too',
  };
}

function notPublished(versions: readonly string[]): EngineRefusal {
  const newest = versions.at(-1);
  return {
    state: 'refused',
    part: 'version',
    allowed: versions.length === 0 ? 'none now, in the lab' : `in the lab one of ${versions.join(', ')}`,
    reason: 'Maven Central does not have the server with its modules for transport and security at this version',
    remedy: newest === undefined ? 'use --target linode' : `set ${newest} or another of these`,
  };
}
