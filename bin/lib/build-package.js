// Builds the package of the current directory into its dist/, from nothing: compiled JavaScript with types, and beside it the files
// of src/ that are read as they are. Plain JavaScript, so that `npm pack` works whatever Node runs npm.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '../..');
rmSync('dist', { recursive: true, force: true });

// Packages that this one imports are built first where they are not.
const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [compiler, '--build', 'tsconfig.build.json'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

for (const entry of readdirSync('src', { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || entry.name.endsWith('.ts')) continue;
  const path = join(entry.parentPath, entry.name);
  const target = join('dist', relative('src', path));
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(path, target);
}
copyFileSync(join(root, 'LICENSE'), 'LICENSE');
