// requirements.lock: the wheels that requirements.txt means for one Python, each with its hash. Written beside requirements.txt
// and kept there; resolved anew only when the requirements or the machines' Python change.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { refusal, ReleaseError } from '../release-error.ts';
import { checkPip, pip, targetOptions, type PythonTarget } from './target.ts';
import { whyRefused } from './why-refused.ts';

export const requirementsName = 'requirements.txt';
export const lockName = 'requirements.lock';

export interface LockedWheel {
  readonly name: string;
  readonly version: string;
  /** Of the wheel's bytes, hexadecimal digits. */
  readonly sha256: string;
}

export interface Lock {
  readonly text: string;
  readonly wheels: readonly LockedWheel[];
  /** Lines of requirements.txt that say where wheels are: further indexes and directories. */
  readonly sources: readonly string[];
  /** Directory that relative paths in `sources` count from. */
  readonly directory: string;
}

/** As much of pip's report as is read here. https://pip.pypa.io/en/stable/reference/installation-report/ */
interface Report {
  readonly environment: { readonly python_version: string };
  readonly install: readonly {
    readonly metadata: { readonly name: string; readonly version: string };
    readonly is_direct: boolean;
    readonly download_info: {
      readonly url: string;
      readonly archive_info?: { readonly hash?: string; readonly hashes?: { readonly sha256?: string } };
    };
  }[];
}

/**
 * The lock of a directory with a requirements.txt: the kept one when it fits, else a new one. Where the directory cannot be written,
 * the lock is kept in `cacheDirectory`. Errors: `release-tool`, `release-requirements`, `release-index`, `release-vendor`.
 */
export async function lockFor(directory: string, target: PythonTarget, cacheDirectory: string): Promise<Lock> {
  const text = await readFile(join(directory, requirementsName), 'utf8');
  const rest = { sources: text.match(sourceLine) ?? [], directory };
  const key = await lockKey(join(directory, requirementsName), target);
  const elsewhere = join(cacheDirectory, 'locks', `${key}.lock`);
  for (const path of [join(directory, lockName), elsewhere]) {
    const kept = await readFile(path, 'utf8').catch(() => undefined);
    if (kept?.includes(`${keyMark}${key}\n`)) return { text: kept, wheels: wheelsIn(kept), ...rest };
  }
  const wheels = await resolveRequirements(directory, target);
  const written = lockText(wheels, target, key);
  await keep(join(directory, lockName), written).catch(async () => keep(elsewhere, written));
  return { text: written, wheels, ...rest };
}

const sourceLine = /^(?:-i|-f|--index-url|--extra-index-url|--find-links|--trusted-host)[ =].*$/gm;

async function keep(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(draft, text);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

const keyMark = '# key ';

function lockText(wheels: readonly LockedWheel[], { version, glibc }: PythonTarget, key: string): string {
  const lines = wheels.map(({ name, version: one, sha256 }) => `${name}==${one} --hash=sha256:${sha256}\n`);
  return (
    `# Written by understudy from ${requirementsName}, for Python ${version} on x86_64 with glibc ${glibc}. Keep it with the code:\n` +
    `# with it, the same code is the same release everywhere. Delete it to get newer versions.\n` +
    `${keyMark}${key}\n${lines.join('')}`
  );
}

function wheelsIn(lock: string): LockedWheel[] {
  const found = lock.matchAll(/^(\S+?)==(\S+) --hash=sha256:([0-9a-f]{64})$/gm);
  return [...found].map(([, name = '', version = '', sha256 = '']) => ({ name, version, sha256 }));
}

/** Over the target, requirements.txt and every file that it includes. */
async function lockKey(path: string, { version, glibc }: PythonTarget): Promise<string> {
  const hash = createHash('sha256').update(`${version} ${glibc}\n`);
  const seen = new Set<string>();
  const add = async (file: string): Promise<void> => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = await readFile(file, 'utf8').catch(() => '');
    hash.update(`${text}\0`);
    const included = text.matchAll(/^\s*(?:-[rc]|--requirement|--constraint)[ =]*(\S+)/gm);
    for (const [, name = ''] of included) await add(join(dirname(file), name));
  };
  await add(path);
  return hash.digest('hex').slice(0, 16);
}

async function resolveRequirements(directory: string, target: PythonTarget): Promise<LockedWheel[]> {
  await checkPip();
  const requirements = join(directory, requirementsName);
  const scratch = await mkdtemp(join(tmpdir(), 'understudy-pip-'));
  try {
    const reportPath = join(scratch, 'report.json');
    const run = await pip(target, 'install', [
      ...[
        '--dry-run',
        '--ignore-installed',
        '--progress-bar',
        'off',
        '--report',
        reportPath,
        '--target',
        join(scratch, 'none'),
      ],
      ...[...targetOptions(target), '--requirement', requirements],
    ]);
    if (run.code !== 0) throw await whyRefused(requirements, target, run);
    const report = JSON.parse(await readFile(reportPath, 'utf8')) as Report;
    return lockedWheels(report, target);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function lockedWheels({ environment, install }: Report, target: PythonTarget): LockedWheel[] {
  if (environment.python_version !== target.version) {
    throw new ReleaseError(
      'release-vendor',
      `pip resolved the requirements for Python ${environment.python_version} instead of ${target.version}, so what it chose is not ` +
        'used. This version of pip is not known to this tool; install another: python3 -m pip install "pip<26"',
    );
  }
  const wheels = install.map(
    ({ metadata: { name, version }, is_direct: isDirect, download_info: { url, ...download } }) => {
      const archive = download.archive_info;
      const sha256 = archive?.hashes?.sha256 ?? /^sha256=([0-9a-f]{64})$/.exec(archive?.hash ?? '')?.[1];
      if (isDirect || sha256 === undefined) {
        throw refusal('release-requirements', {
          field: 'artifact',
          saw: `the requirement ${name} ${version} from ${url.replace(/\/\/[^@/]*@/, '//')}`,
          allowed: 'name==version of wheels on an index, or in a directory that --find-links names',
          message: 'the lock names each wheel by its version and hash',
          remedy:
            'make a wheel of it (python3 -m pip wheel --no-deps -w wheelhouse …), write --find-links ./wheelhouse into requirements.txt ' +
            'and the version below it',
        });
      }
      return { name: name.toLowerCase().replaceAll(/[-_.]+/g, '-'), version, sha256 };
    },
  );
  return wheels.sort((a, b) => (a.name < b.name ? -1 : 1));
}
