// A lab's daemon over simulated hardware in directories of the test's own, for the real program. Maven Central is a script.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { type LabPlaces, startDaemon, stopDaemon } from '@understudy/lab';

const cli = resolve(import.meta.dirname, '../../src/cli/main.ts');

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly stderr: string;
  readonly tookMs: number;
}

export interface SimulatedLab {
  readonly base: string;
  readonly places: LabPlaces;
  /** Runs the program with `words` and this topology; a program that takes longer than `endsWithinMs` is killed. */
  run(words: readonly string[], topology: string, endsWithinMs?: number): Promise<Ran>;
  stop(): Promise<void>;
}

/** `maven` is the program mvn for everything that this process starts from now on. */
export async function simulatedLab(maven: string): Promise<SimulatedLab> {
  const searchPath = process.env['PATH'];
  const base = await mkdtemp(join(tmpdir(), 'understudy-cli-'));
  const bin = join(base, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'mvn'), maven, { mode: 0o755 });
  process.env['PATH'] = `${bin}${delimiter}${searchPath ?? ''}`;
  const directories = { stateDirectory: join(base, 'state'), runDirectory: join(base, 'run') };
  const places = { ...directories, apiPort: 0, metadataPort: 0, packagePort: 0, namePort: 0 };
  const config = {
    ...places,
    token: 'a-token-for-the-daemon',
    cacheDirectory: join(base, 'cache'),
    imageRoots: {},
    hardware: 'simulated' as const,
  };
  await mkdir(places.runDirectory);
  await writeFile(join(places.runDirectory, 'daemon.json'), JSON.stringify(config));
  await startDaemon(places, config);
  return {
    base,
    places,
    run: async (words, topology, endsWithinMs) => {
      await writeFile(join(base, 'topology.yaml'), topology);
      return await runProgram({ base, places }, words, endsWithinMs);
    },
    stop: async () => {
      await stopDaemon(places);
      process.env['PATH'] = searchPath;
      await rm(base, { recursive: true, force: true });
    },
  };
}

async function runProgram(
  { base, places }: Pick<SimulatedLab, 'base' | 'places'>,
  words: readonly string[],
  endsWithinMs?: number,
): Promise<Ran> {
  const args = ['--conditions=understudy-source', '--disable-warning=ExperimentalWarning', cli, ...words];
  const startedMs = performance.now();
  const child = spawn(process.execPath, [...args, join(base, 'topology.yaml'), '--target', 'lab'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      UNDERSTUDY_LAB_STATE: places.stateDirectory,
      UNDERSTUDY_LAB_RUN: places.runDirectory,
      UNDERSTUDY_CACHE: join(base, 'cache'),
      XDG_CONFIG_HOME: join(base, 'config'),
      XDG_STATE_HOME: join(base, 'operator'),
    },
  });
  const timer = endsWithinMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), endsWithinMs);
  const exit = new Promise<number | null>((done) => child.once('exit', done));
  const [code, out, stderr] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
  clearTimeout(timer);
  return { code, out, stderr, tookMs: performance.now() - startedMs };
}
