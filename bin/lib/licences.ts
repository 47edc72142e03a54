// Writes docs/licences.md.
//   npm run licences              writes it
//   npm run licences -- --check   writes nothing; exit code 1 when it is out of date
// Exit code 1 also when a dependency has a licence that is not allowed.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAllowed, licencePage, licencesIn, type LockedPackage } from './licence-list.ts';

const root = join(import.meta.dirname, '../..');
const page = join(root, 'docs/licences.md');
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Readonly<Record<string, LockedPackage>>;
};

/** The licence in the old form, which the lockfile leaves out: `licenses: [{ type }]`. */
function installedLicence(path: string): string | undefined {
  const file = join(root, path, 'package.json');
  if (!existsSync(file)) return undefined;
  const { licenses } = JSON.parse(readFileSync(file, 'utf8')) as { licenses?: readonly { readonly type: string }[] };
  return licenses?.map(({ type }) => type).join(' OR ');
}

const licensed = licencesIn(packages, installedLicence);
const refused = licensed.filter(({ licence }) => !isAllowed(licence));
for (const { name, version, licence = 'no licence' } of refused) {
  console.error(
    `${name} ${version}: ${licence} is not allowed; use another package, or allow it in bin/lib/licence-list.ts`,
  );
}
const text = licencePage(licensed);
const upToDate = existsSync(page) && readFileSync(page, 'utf8') === text;
if (!process.argv.includes('--check')) writeFileSync(page, text);
else if (!upToDate) console.error('docs/licences.md is out of date: npm run licences');
process.exitCode = refused.length > 0 || (process.argv.includes('--check') && !upToDate) ? 1 : 0;
