// What the images of Linode have that matters to a service: their Python, their C library, and the programs that may start one.

export interface PythonOfImage {
  /** Such as `3.13`. */
  readonly version: string;
  /** Version of the C library, such as `2.41`. */
  readonly glibc: string;
}

/** Image -> its python3 and C library. https://packages.debian.org/python3 https://packages.ubuntu.com/python3 */
const pythons: Readonly<Record<string, PythonOfImage>> = {
  'linode/debian12': { version: '3.11', glibc: '2.36' },
  'linode/debian13': { version: '3.13', glibc: '2.41' },
  'linode/ubuntu22.04': { version: '3.10', glibc: '2.35' },
  'linode/ubuntu24.04': { version: '3.12', glibc: '2.39' },
};

/** The C library of an image that is not known: older than that of any Debian or Ubuntu still maintained. */
const oldestGlibc = '2.28';

/** Images whose Python is known. */
export const imagesWithPython: readonly string[] = Object.keys(pythons);

/** The Python of an image; `given` replaces its version. Undefined when nothing is known. */
export function pythonOf(image: string, given?: string): PythonOfImage | undefined {
  const known = pythons[image];
  if (given === undefined) return known;
  return { version: given, glibc: known?.glibc ?? oldestGlibc };
}

const ofEveryImage = ['bash', 'env', 'perl', 'python3', 'sh'];

/** Programs that may start a service on an image, name -> absolute path; undefined for an image that is not known. */
export function programsOfImage(image: string): Readonly<Record<string, string>> | undefined {
  if (pythons[image] === undefined) return undefined;
  return Object.fromEntries(ofEveryImage.map((name) => [name, `/usr/bin/${name}`]));
}
