// A shell line on a machine of a system.
import assert from 'node:assert/strict';
import { observeObjects, targetOf, type World } from '../../src/observe/index.ts';

/** What it prints; fails when it ends with another exit code than 0. */
export async function printedOn(world: World, system: string, label: string, script: string): Promise<string> {
  const { instances } = await observeObjects(world.linode, system);
  const instance = instances.find((candidate) => candidate.label === label);
  assert.ok(instance, label);
  const { code, stdout, stderr } = await world.runner.run(targetOf(instance), ['sh', '-c', script]);
  assert.equal(code, 0, stderr);
  return stdout;
}
