// The world of a drill on this target: who pulls the cord, who guards against a killed tool.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { drillWorld } from './drill-world.ts';
import type { DiskControl, DrillWorld, Guard, PowerControl } from './world.ts';
import { labDiskRefusal, labFreezeDisk, labPowerCut, labPowerOn } from '@understudy/lab';
import { observeObjects, targetOf, type World } from '../observe/index.ts';
import { runsDirectory, type Session } from '../operation/index.ts';

/** Arguments of Node that start this tool as it was started, without its own arguments. */
function selfArguments(): readonly string[] {
  return [...process.execArgv, process.argv[1] ?? ''];
}

export async function openDrillWorld(session: Session, topologyPath: string): Promise<DrillWorld> {
  const { world, topology, target } = session;
  const { snapshot } = topology.drills;
  const where = ['--topology', resolve(topologyPath), '--target', target.name];
  return await drillWorld(world, topology, {
    power:
      target.name === 'lab' ? labPower : topology.drills.allowSelfPowerCut ? selfPower(world, topology.name) : null,
    disk: target.name === 'lab' ? labDisk : null,
    snapshot: target.name === 'lab' || snapshot === 'not-required' ? null : snapshot,
    runsDirectory: runsDirectory(),
    selfCommand: (words) => [process.execPath, ...selfArguments(), ...words, ...where],
    startGuard: (directory) => startGuard([...selfArguments(), 'drill', 'guard', directory, ...where]),
  });
}

const labPower: PowerControl = { cut: labPowerCut, restore: labPowerOn };

const labDisk: DiskControl = {
  refusal: labDiskRefusal,
  freeze: (label) => labFreezeDisk(label, true),
  thaw: (label) => labFreezeDisk(label, false),
};

/**
 * On Linode nothing below the machine obeys, so it does it to itself: the kernel powers off without syncing disks or closing
 * connections. https://docs.kernel.org/admin-guide/sysrq.html
 */
function selfPower(world: World, name: string): PowerControl {
  const find = async (label: string) => {
    const { instances } = await observeObjects(world.linode, name);
    return instances.find((instance) => instance.label === label);
  };
  const script = 'echo 1 > /proc/sys/kernel/sysrq; (sleep 0.3; echo o > /proc/sysrq-trigger) > /dev/null 2>&1 &';
  return {
    async cut(label) {
      const instance = await find(label);
      if (instance) await world.runner.run(targetOf(instance), ['sh', '-c', script], { timeoutMs: 10_000 });
    },
    async restore(label) {
      const instance = await find(label);
      if (instance?.status === 'offline') await world.linode.instances.boot(instance.id);
    },
  };
}

/** A detached copy of this tool; its stdin ends when this process does, however it ends. */
async function startGuard(words: readonly string[]): Promise<Guard> {
  const guard = spawn(process.execPath, words, { detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
  // It says one line when it watches; before that, a fault would be unguarded.
  await Promise.race([
    once(guard.stdout, 'data'),
    once(guard, 'exit').then(([code]) =>
      Promise.reject(new Error(`the guard of the drill ended at once (exit code ${String(code)})`)),
    ),
  ]);
  guard.stdout.resume();
  guard.unref();
  return {
    async dismiss() {
      const gone = guard.exitCode === null ? once(guard, 'exit') : undefined;
      guard.stdin.end('dismissed\n');
      await gone;
    },
  };
}
