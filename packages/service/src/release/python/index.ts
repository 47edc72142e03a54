// A Python release: the directory, its wheels, and the script that makes a virtual environment of them on the machine.
import type { ReleaseFile } from '../content.ts';
import type { Recipe } from '../recipe.ts';
import { lockFor, lockName, requirementsName } from './lock.ts';
import { prepareScript } from './prepare.ts';
import type { PythonTarget } from './target.ts';
import { fetchWheels, programsIn, type Wheel } from './wheels.ts';

export type { PythonTarget } from './target.ts';

const preparePath = 'bin/prepare';
const ownPreparePath = 'bin/prepare-artifact';

/** Errors: those of the lock and of the wheels. */
export async function pythonRecipe(
  directory: string,
  files: readonly ReleaseFile[],
  target: PythonTarget,
  cacheDirectory: string,
): Promise<Recipe> {
  const { version } = target;
  const own = files.filter(({ path }) => path !== lockName).map((file) => moved(file));
  const next = own.some(({ path }) => path === ownPreparePath) ? ownPreparePath : undefined;
  const locked = files.some(({ path }) => path === requirementsName)
    ? await lockedFiles(directory, target, cacheDirectory)
    : { files: [], programs: [], installer: undefined };
  const prepare = prepareScript({ version, installer: locked.installer, next });
  const interpreters = ['python', 'python3', `python${version}`];
  return {
    files: [...own, ...locked.files, { path: preparePath, executable: true, from: Buffer.from(prepare) }],
    hashLines: [],
    made: [...interpreters, ...locked.programs].map((name) => `venv/bin/${name}`),
  };
}

/** The artifact's own bin/prepare makes room for the one of the environment, which runs it last. */
function moved(file: ReleaseFile): ReleaseFile {
  return file.path === preparePath && file.executable ? { ...file, path: ownPreparePath } : file;
}

async function lockedFiles(directory: string, target: PythonTarget, cacheDirectory: string) {
  const lock = await lockFor(directory, target, cacheDirectory);
  const { wheels, installer } = await fetchWheels(lock, target, cacheDirectory);
  const file = ({ fileName, path }: Wheel): ReleaseFile => ({
    path: `wheels/${fileName}`,
    executable: false,
    from: { path },
  });
  const all = new Map([...wheels, installer].map((wheel) => [wheel.fileName, file(wheel)]));
  const lockFile = { path: lockName, executable: false, from: Buffer.from(lock.text) };
  return {
    files: lock.wheels.length === 0 ? [] : [lockFile, ...all.values()],
    programs: await programsIn(wheels),
    installer: lock.wheels.length === 0 ? undefined : `wheels/${installer.fileName}`,
  };
}
