// Gives every package of the workspace one version, and their dependencies on each other the same; the lockfile follows.
//   npm run version:set X.Y.Z
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [version = ''] = process.argv.slice(2);
// https://semver.org: three numbers, and letters after them before a release.
if (!/^\d+\.\d+\.\d+(?:-[0-9a-z.-]+)?$/i.test(version)) {
  console.error(`saw '${version}'; allowed is a version such as 1.2.3 or 1.2.3-rc.1: npm run version:set 1.2.3`);
  process.exit(64);
}

interface Manifest {
  readonly name: string;
  version: string;
  readonly dependencies?: Record<string, string>;
}

const root = join(import.meta.dirname, '../..');
const files = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name, 'package.json'));
const manifests = files.map((file) => ({ file, manifest: JSON.parse(readFileSync(file, 'utf8')) as Manifest }));
const own = new Set(manifests.map(({ manifest }) => manifest.name));

for (const { file, manifest } of manifests) {
  manifest.version = version;
  const { dependencies = {} } = manifest;
  for (const name of Object.keys(dependencies)) if (own.has(name)) dependencies[name] = version;
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
}
const lockOnly = ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
execFileSync('npm', lockOnly, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
console.log(`${[...own].join(', ')}: ${version}`);
