// Every bench starts and prints its tables; see bench/smoke.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';

test('every bench starts and prints its tables', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, 'bench/smoke/index.ts'], {
    encoding: 'utf8',
    timeout: 600_000,
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
  const benches = readdirSync('bench', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of benches)
    if (name !== 'smoke') assert.match(stdout, new RegExp(`^ok +${name}/`, 'm'), `bench/${name} is not tried`);
});
