// The wheels of a lock, kept by their hash in the cache; and which programs they bring.
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Of } from '../content.ts';
import { ReleaseError } from '../release-error.ts';
import { quoted, runTool } from '../run-tool.ts';
import type { Lock, LockedWheel } from './lock.ts';
import { checkPip, pip, targetOptions, type PythonTarget } from './target.ts';

/** Installs the others on the machine, which needs no pip of its own: pip's wheel can be run as it is. */
const installer: LockedWheel = {
  name: 'pip',
  version: '25.3',
  sha256: '9655943313a94722b7774661c21049070f6bbb0a1516bf02f7c8d5d9201514cd',
};

export interface Wheel {
  readonly fileName: string;
  /** Absolute path in the cache. */
  readonly path: string;
}

export interface WheelSet {
  /** Those of the lock, sorted by name. */
  readonly wheels: readonly Wheel[];
  readonly installer: Wheel;
}

/** Fetches what the cache lacks. Errors: `release-tool`, `release-vendor`. */
export async function fetchWheels(lock: Lock, target: PythonTarget, cacheDirectory: string): Promise<WheelSet> {
  const { wheels } = lock;
  const directory = join(cacheDirectory, 'wheels');
  await mkdir(directory, { recursive: true });
  const wanted = [...new Map([...wheels, installer].map((wheel) => [wheel.sha256, wheel])).values()];
  const held = await Promise.all(wanted.map(async ({ sha256 }) => keptWheel(directory, sha256)));
  const missing = wanted.filter((_, index) => held[index] === undefined);
  for (const group of versionsOnce(missing)) await download({ ...lock, wheels: group }, target, directory);
  const kept = async ({ name, version, sha256 }: LockedWheel): Promise<Wheel> => {
    const wheel = await keptWheel(directory, sha256);
    if (wheel !== undefined) return wheel;
    throw new ReleaseError('release-vendor', `The index sent another file for ${name} ${version} than the lock names.`);
  };
  return { wheels: await Promise.all(wheels.map(kept)), installer: await kept(installer) };
}

/** pip takes one version of a name at a time: a lock with its own pip is fetched in two runs. */
function versionsOnce(wheels: readonly LockedWheel[]): LockedWheel[][] {
  const [first, second] = [new Map<string, LockedWheel>(), new Map<string, LockedWheel>()];
  for (const wheel of wheels) (first.has(wheel.name) ? second : first).set(wheel.name, wheel);
  return [first, second].map((group) => [...group.values()]).filter((group) => group.length > 0);
}

async function keptWheel(directory: string, sha256: string): Promise<Wheel | undefined> {
  const [fileName] = await readdir(join(directory, sha256)).catch(() => []);
  return fileName === undefined ? undefined : { fileName, path: join(directory, sha256, fileName) };
}

async function download({ wheels, sources, ...lock }: Lock, target: PythonTarget, directory: string): Promise<void> {
  await checkPip();
  const draft = await mkdtemp(join(directory, '.draft-'));
  try {
    const requirements = join(draft, 'requirements.txt');
    const files = join(draft, 'files');
    const lines = wheels.map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}\n`);
    await writeFile(requirements, [...sources.map((line) => `${line}\n`), ...lines].join(''));
    const words = ['--quiet', '--no-deps', '--require-hashes', '--dest', files, ...targetOptions(target)];
    const run = await pip(target, 'download', [...words, '--requirement', requirements], lock.directory);
    if (run.code !== 0) {
      const text = `pip could not fetch the wheels of the lock (exit code ${run.code}):\n${quoted(run)}`;
      throw new ReleaseError('release-vendor', text);
    }
    for (const fileName of await readdir(files)) await keepWheel(join(files, fileName), fileName, directory);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Whole or not at all: the directory appears by a rename. */
async function keepWheel(from: string, fileName: string, directory: string): Promise<void> {
  const sha256 = await sha256Of(from);
  const draft = await mkdtemp(join(directory, '.draft-'));
  try {
    await rename(from, join(draft, fileName));
    await rename(draft, join(directory, sha256));
  } catch (error) {
    // Another run came first, with the same bytes.
    if ((await keptWheel(directory, sha256)) === undefined) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Reads scripts and entry points of wheels. https://packaging.python.org/specifications/entry-points/ */
const listPrograms = `import configparser, json, sys, zipfile
found = set()
for path in sys.argv[1:]:
    with zipfile.ZipFile(path) as wheel:
        for name in wheel.namelist():
            top, _, rest = name.partition("/")
            if top.endswith(".data") and rest.startswith("scripts/") and rest != "scripts/":
                found.add(rest[len("scripts/"):])
            elif top.endswith(".dist-info") and rest == "entry_points.txt":
                points = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
                points.optionxform = str
                points.read_string(wheel.read(name).decode("utf-8"))
                if points.has_section("console_scripts"):
                    found.update(points["console_scripts"])
print(json.dumps(sorted(found)))`;

/** Names of the programs that the wheels put into venv/bin. */
export async function programsIn(wheels: readonly Wheel[]): Promise<string[]> {
  if (wheels.length === 0) return [];
  const run = await runTool('python3', ['-c', listPrograms, ...wheels.map(({ path }) => path)]);
  if (run.code !== 0) throw new ReleaseError('release-vendor', `A wheel cannot be read:\n${quoted(run)}`);
  return JSON.parse(run.stdout) as string[];
}
