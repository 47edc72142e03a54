// Gives a system another SSH key of the tool: the new one is let in beside the old one and proved on every machine before it counts, and
// the old one is refused on every machine before the rotation is done. It may be run again after any interruption.
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { UnderstudyError } from '@understudy/foundation';
import {
  authorizedKeysFile,
  ensureKeyPair,
  privateKeyPath,
  readPublicKeys,
  writeFilesScript,
  type RemoteRunner,
  type RemoteTarget,
} from '../../machines/index.ts';
import {
  formerPublicKeys,
  keepFormerPublicKeys,
  nextKeyDirectory,
  ownKeyDirectory,
  systemIdOf,
  type Session,
} from '../../operation/index.ts';
import { machinePlans } from '../../topology/index.ts';
import { partialView, reachOf } from '../reach.ts';

export interface RotatedKey {
  /** Public keys in the authorized_keys format. */
  readonly before: string;
  readonly after: string;
  /** Labels of the machines that accept the new one and refuse the old one. */
  readonly machines: readonly string[];
}

/**
 * Every machine of the topology must answer: one that was left out would know the old key alone. Errors: `operate-partial-view` and then
 * nothing was changed; `operate-key-not-proved`; those of the runner and the Linode client. Sessions that are open stay open.
 */
export async function rotateSshKey(session: Session, signal: AbortSignal): Promise<RotatedKey> {
  const { world, topology, keyPair: before } = session;
  const system = systemIdOf(session);
  const [own, nextDirectory] = [ownKeyDirectory(system), nextKeyDirectory(system)];
  const others = await readPublicKeys(topology.access.sshKeys);
  const machines = await everyMachine(session);
  const progress = (text: string): void => world.logger({ level: 'info', subject: topology.name, text });
  // A key that an interrupted rotation made is used again: some machines may know it already.
  const next = await ensureKeyPair(nextDirectory, 'understudy');
  await onEach(machines, signal, (machine) =>
    write(world.runner, machine, [before.publicKey, next.publicKey, ...others]),
  );
  const runner = session.runnerWith(next.privateKey);
  try {
    await onEach(machines, signal, (machine) => prove(runner, machine));
    progress(`every machine accepts the new SSH key (${machines.length})`);
    await mkdir(own, { recursive: true, mode: 0o700 });
    await keepFormerPublicKeys(system, [...(await formerPublicKeys(system)), before.publicKey]);
    // One rename, so whenever this ends, a key is there that every machine accepts.
    await rename(privateKeyPath(nextDirectory), privateKeyPath(own));
    await writeFile(`${privateKeyPath(own)}.pub`, `${next.publicKey}\n`, { mode: 0o644 });
    session.useKeyPair(next, own);
    await onEach(machines, signal, (machine) => write(runner, machine, [next.publicKey, ...others]));
  } finally {
    await runner.close();
  }
  const old = session.runnerWith(before.privateKey);
  try {
    await onEach(machines, signal, (machine) => proveRefused(old, machine));
  } finally {
    await old.close();
  }
  await rm(nextDirectory, { recursive: true });
  progress(`every machine refuses the old SSH key (${machines.length})`);
  return { before: before.publicKey, after: next.publicKey, machines: machines.map(({ label }) => label) };
}

async function everyMachine({ world, topology }: Session): Promise<RemoteTarget[]> {
  const { running, unreachable } = await reachOf(world, topology, machinePlans(topology));
  if (unreachable.length === 0) return running.map(({ target }) => target);
  throw partialView('Not every machine can be reached, so the SSH key stays as it is', unreachable);
}

async function onEach(
  machines: readonly RemoteTarget[],
  signal: AbortSignal,
  act: (machine: RemoteTarget) => Promise<void>,
): Promise<void> {
  for (const machine of machines) {
    signal.throwIfAborted();
    await act(machine);
  }
}

async function write(runner: RemoteRunner, machine: RemoteTarget, keys: readonly string[]): Promise<void> {
  const script = writeFilesScript([authorizedKeysFile(keys)]);
  const { code, stderr } = await runner.run(machine, ['sh', '-s'], { stdin: script });
  if (code !== 0) throw notProved(machine, `its SSH keys could not be written (exit code ${code}): ${stderr.trim()}`);
}

async function prove(runner: RemoteRunner, machine: RemoteTarget): Promise<void> {
  const { code } = await runner.run(machine, ['true']);
  if (code !== 0) throw notProved(machine, `a command by the new key ended with ${code}`);
}

async function proveRefused(old: RemoteRunner, machine: RemoteTarget): Promise<void> {
  try {
    await old.run(machine, ['true']);
  } catch (error) {
    if (error instanceof UnderstudyError && error.facts['keyRefused'] === true) return;
    throw error;
  }
  throw notProved(machine, 'it still accepts the old key; see AuthorizedKeysFile in its sshd_config');
}

function notProved({ label }: RemoteTarget, why: string): UnderstudyError {
  return new UnderstudyError('operate-key-not-proved', `${label}: ${why}. Run the rotation again.`, {
    facts: { label },
  });
}
