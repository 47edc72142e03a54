// bin/prepare of a Python release: makes the virtual environment on the machine, from the wheels beside it, as root, once.
import { lockName } from './lock.ts';

export interface PrepareOptions {
  readonly version: string;
  /** Path in the release of the pip that installs; undefined when there is nothing to install. */
  readonly installer: string | undefined;
  /** Path in the release of the artifact's own bin/prepare, which is run last. */
  readonly next: string | undefined;
}

/**
 * `--without-pip` needs no python3-venv, which images lack. The directory is renamed when all is done, so scripts, which name their
 * interpreter by its full path, get the final one: the name without `.partial`.
 */
export function prepareScript({ version, installer, next }: PrepareOptions): string {
  const install =
    installer === undefined
      ? ''
      : `PIP_CONFIG_FILE=/dev/null venv/bin/python ${installer}/pip install --quiet --no-input --no-cache-dir \\
  --disable-pip-version-check --root-user-action ignore --no-index --find-links wheels --no-deps --require-hashes \\
  --requirement ${lockName}
rm -rf wheels
`;
  return `#!/bin/sh
# Written by understudy: makes venv/ from wheels/, without the Internet.
set -eu
seen=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])') ||
  { echo 'this machine has no python3, which service.runtime: python needs' >&2; exit 1; }
if [ "$seen" != ${version} ]; then
  echo "this machine has Python $seen, and the release is for ${version}: set service.python: '$seen'" >&2
  exit 1
fi
here=$(pwd)
rm -rf venv
python3 -m venv --without-pip venv
${install}grep -rlIF "$here/" venv/bin venv/pyvenv.cfg | while read -r file; do
  sed -i "s|$here/|\${here%.partial}/|g" "$file"
done
${next === undefined ? '' : `exec ./${next}\n`}`;
}
