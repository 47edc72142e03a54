// The licences of the dependencies: the page is of this lockfile, and a licence that is not allowed is seen.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { isAllowed, licencePage, licencesIn } from '../../../../bin/lib/licence-list.ts';

test('docs/licences.md is up to date, and every licence in it is allowed', () => {
  const { status, stderr } = spawnSync(process.execPath, ['bin/lib/licences.ts', '--check'], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});

test('a licence is allowed by name; of several, all that are joined by AND and one of those joined by OR', () => {
  const both = 'MIT OR (Zlib AND GPL-3.0-only)';
  for (const licence of ['MIT', 'Apache-2.0', '(MIT AND Zlib)', '(GPL-3.0-only OR MIT)', both]) {
    assert.equal(isAllowed(licence), true, licence);
  }
  const refused = ['GPL-3.0-only', '(MIT AND GPL-3.0-only)', 'AGPL-3.0 OR SSPL-1.0', 'SEE LICENSE IN LICENSE', ''];
  for (const licence of [...refused, undefined, '(GPL-2.0 AND MIT) OR GPL-3.0']) {
    assert.equal(isAllowed(licence), false, licence);
  }
});

test('the list has every package of the lockfile once, and asks for a licence where the lockfile has none', () => {
  const locked = {
    '': { version: '1.0.0' },
    'packages/tool': { version: '1.0.0' },
    'node_modules/tool': { link: true },
    'node_modules/one': { version: '1.0.0', license: 'MIT', dev: true },
    'packages/tool/node_modules/one': { version: '1.0.0', license: 'MIT' },
    'packages/tool/node_modules/one/node_modules/@scope/two': { version: '2.0.0' },
    'node_modules/lint': { version: '3.0.0', license: 'ISC', dev: true },
  };
  const found = licencesIn(locked, (path) => (path.endsWith('/@scope/two') ? 'ISC' : undefined));
  assert.deepEqual(found, [
    { name: '@scope/two', version: '2.0.0', licence: 'ISC', published: true },
    { name: 'lint', version: '3.0.0', licence: 'ISC', published: false },
    { name: 'one', version: '1.0.0', licence: 'MIT', published: true },
  ]);
  const page = licencePage(found);
  assert.match(page, /\| @scope\/two \| 2\.0\.0 \| ISC \|\n\| one \| 1\.0\.0 \| MIT \|\n/);
  assert.match(page, /only builds and tests it, by licence:[^]*\| ISC \| 1 \|/);
});
