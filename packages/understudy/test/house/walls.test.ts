// The house itself: the walls hold, and the rule that holds them still bites.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ESLint } from 'eslint';

const rule = 'import-x/no-restricted-paths';
const eslint = new ESLint({ cwd: process.cwd() });

/** Lints one line of code as if it stood in the given existing file. */
async function wallsBroken(filePath: string, code: string): Promise<string[]> {
  const results = await eslint.lintText(code, { filePath });
  return results.flatMap(({ messages }) =>
    messages.filter(({ ruleId }) => ruleId === rule).map(({ message }) => message),
  );
}

const src = 'packages/understudy/src';

describe('the walls between rooms', () => {
  it('refuse the lab an import of the linode client', async () => {
    const broken = await wallsBroken(
      'packages/lab/src/index.ts',
      "export * as x from '../../understudy/src/linode/index.ts';\n",
    );
    assert.equal(broken.length, 1);
    assert.match(broken[0]!, /lab must not import understudy/);
  });

  it('refuse the region an import of the machines under it', async () => {
    const broken = await wallsBroken(
      'packages/lab/src/region/index.ts',
      "export * as x from '../machine/machines.ts';\n",
    );
    assert.equal(broken.length, 1);
    assert.match(broken[0]!, /region must not import machine/);
  });

  it('refuse planning an import of what carries steps out', async () => {
    const broken = await wallsBroken(`${src}/reconcile/plan/plan.ts`, "export * as x from '../execute/apply.ts';\n");
    assert.equal(broken.length, 1);
    assert.match(broken[0]!, /plan must not import execute/);
  });

  it('refuse proof an import of the faults', async () => {
    const broken = await wallsBroken(`${src}/proof/index.ts`, "export * as x from '../drills/index.ts';\n");
    assert.equal(broken.length, 1);
    assert.match(broken[0]!, /proof must not import drills/);
  });

  it('refuse a bench the command line, and the inside of a room', async () => {
    const bench = 'bench/plan/index.ts';
    const rooms = '../../packages/understudy/src';
    assert.match((await wallsBroken(bench, `export * as x from '${rooms}/cli/action.ts';\n`))[0]!, /not import cli/);
    assert.match((await wallsBroken(bench, `export * as x from '${rooms}/cluster/nodes.ts';\n`))[0]!, /by its door/);
  });

  it("refuse the tool's tests the inside of the lab", async () => {
    const broken = await wallsBroken(
      'packages/understudy/test/cli/init.test.ts',
      "export * as x from '../../../lab/src/supervise.ts';\n",
    );
    assert.equal(broken.length, 1);
  });

  it('refuse drills an import of reconcile', async () => {
    const broken = await wallsBroken(`${src}/drills/index.ts`, "export * as x from '../reconcile/index.ts';\n");
    assert.equal(broken.length, 1);
    assert.match(broken[0]!, /drills must not import reconcile/);
  });

  it('refuse operate an import of drills, and reconcile one of operate', async () => {
    const drills = await wallsBroken(`${src}/operate/index.ts`, "export * as x from '../drills/index.ts';\n");
    assert.match(drills[0] ?? 'nothing', /operate must not import drills/);
    const operate = await wallsBroken(`${src}/reconcile/index.ts`, "export * as x from '../operate/index.ts';\n");
    assert.match(operate[0] ?? 'nothing', /reconcile must not import operate/);
  });

  it('let a room enter another only by its door', async () => {
    const broken = await wallsBroken(`${src}/machines/index.ts`, "export * as x from '../topology/model.ts';\n");
    assert.equal(broken.length, 1);
    assert.match(broken[0]!, /only by its door/);
  });

  it('let a room through an open door', async () => {
    assert.deepEqual(await wallsBroken(`${src}/machines/index.ts`, "export * as x from '../topology/index.ts';\n"), []);
  });

  it('keep the client free of workspace packages', async () => {
    const broken = await wallsBroken(
      'packages/client/src/index.ts',
      "export * as x from '../../service/src/main.ts';\n",
    );
    assert.equal(broken.length, 1);
  });
});
