// The static checks of the workspace, run as tests so that nothing lands without them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';

function check(tool: string, ...args: string[]): void {
  const result = spawnSync(process.execPath, [`node_modules/.bin/${tool}`, ...args], { encoding: 'utf8' });
  assert.equal(result.status, 0, `${tool} ${args.join(' ')} says:\n${result.stdout}${result.stderr}`);
}

describe('the workspace', () => {
  it('passes the type checker', () => check('tsc', '--noEmit'));
  it('passes the linter', () => check('eslint', '.'));
  it('is formatted', () => check('prettier', '--check', '--log-level', 'warn', '.'));
  it('has no unused file, export or dependency', () => check('knip'));
});
