import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { faultKinds } from '../../../src/region/api/faults.ts';
import { routes } from '../../../src/region/api/routes.ts';

const page = readFileSync(path.resolve(import.meta.dirname, '../../../../../docs/lab.md'), 'utf8');

/** The operations of the coverage table, whose lines are `GET, POST \`/vpcs\``. */
function documented(): string[] {
  const lines = page
    .split('<!-- coverage')[1]!
    .split('\nAround all')[0]!
    .split(/<br>|\n/);
  return lines.flatMap((line) => {
    const [, methods = '', route = ''] =
      /((?:GET|POST|PUT|DELETE)(?:, (?:GET|POST|PUT|DELETE))*) `(\/[^`]+)`/.exec(line) ?? [];
    return methods === '' ? [] : methods.split(', ').map((method) => `${method} ${route}`);
  });
}

test('the coverage table of docs/lab.md has exactly the operations that the lab answers', () => {
  const answered = routes.map(
    (route) => `${route.method} ${route.path.replaceAll(/:([a-zA-Z]+)/g, '{$1}').replace('*', '{id}')}`,
  );
  assert.deepEqual(documented().sort(), answered.sort());
});

test('docs/lab.md explains every fault', () => {
  assert.deepEqual(
    faultKinds.filter((kind) => !page.includes(`\`${kind}\``)),
    [],
  );
});
