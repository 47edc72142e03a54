// Gives the tool another key for the service, and service machines another secret for each other, while the service runs: it reads both
// files again, so nothing is restarted. The operator's files say in which phase it is, so it may be interrupted anywhere and run again.
import { Secret, UnderstudyError } from '@understudy/foundation';
import { askAsCallersScript, machineTimeScript, peerHeader } from '../../machines/index.ts';
import {
  advanceServiceKeys,
  beginServiceKeys,
  idOf,
  listInPhase,
  resolveIntent,
  serviceOrigin,
  type Intent,
  type ServiceKeys,
  type Session,
} from '../../operation/index.ts';
import { bringKeys, readLists } from '../keys/machine-keys.ts';
import { assertHasKeys, currentList } from '../keys/current-list.ts';
import { partialView, type ReachableMachine } from '../reach.ts';
import { proved } from './proofs.ts';
import type { BetweenPhases } from './rotate-authority.ts';
import { serviceMachinesAsPlanned } from './system.ts';

export interface RotatedServiceKeys {
  /** Names of the tool's key. */
  readonly before: string;
  readonly after: string;
  /** Labels of the service machines that accept the new key and the new secret, and refuse the ones of before. */
  readonly machines: readonly string[];
}

export interface ServiceKeysRequest {
  /** Called before the key that it gets takes the place of the one before it; resolves when its holder calls with this one alone. */
  readonly onToolKey?: (toolKey: Secret) => Promise<void>;
  readonly betweenPhases?: BetweenPhases;
}

/**
 * Errors: `service-keys-off`; `operate-partial-view`, `operate-drift`, `service-keys-foreign`, and then nothing was changed;
 * `operate-not-proved`, `operate-script`, `service-keys-not-kept`.
 */
export async function rotateServiceKeys(
  session: Session,
  signal: AbortSignal,
  { onToolKey = () => Promise.resolve(), betweenPhases = () => Promise.resolve() }: ServiceKeysRequest,
): Promise<RotatedServiceKeys> {
  const { world, topology } = session;
  const system = { session, signal, intent: await resolveIntent(session) };
  await begin(system);
  let machines: readonly ReachableMachine[] = [];
  let [before, after] = ['', ''];
  for (const phase of ['introduce', 'use', 'withdraw'] as const) {
    const { exchange, directory } = await keysNow(session);
    if (exchange?.phase !== phase) continue;
    [before, after] = [idOf(exchange.former.toolKey), idOf(exchange.next.toolKey)];
    if (phase !== 'introduce') await onToolKey(exchange.next.toolKey);
    await listInPhase(directory, world.clock.now());
    const keys = await keysNow(session);
    machines = await serviceMachinesAsPlanned(world, { ...system.intent, serviceKeys: keys });
    for (const machine of machines) {
      signal.throwIfAborted();
      await onMachine(system, keys, machine);
    }
    world.logger({ level: 'info', subject: topology.name, text: done[phase] });
    await advanceServiceKeys(directory, phase);
    await betweenPhases(phase);
  }
  return { before, after, machines: machines.map(({ machine }) => machine.label) };
}

interface System {
  readonly session: Session;
  readonly signal: AbortSignal;
  readonly intent: Intent;
}

const done = {
  introduce: "every service machine accepts the tool's new key and the old one, and both secrets of service machines",
  use: 'the tool calls with its new key, and service machines sign with the new secret',
  withdraw: "every service machine refuses the tool's old key and the old secret",
} as const;

async function keysNow(session: Session): Promise<ServiceKeys> {
  return assertHasKeys(session, await session.readServiceKeys());
}

/** Everything that may end it is asked first. A newer list of callers' keys that another operator has put on a machine is taken over. */
async function begin(system: System): Promise<void> {
  const { session, intent } = system;
  const { world, topology } = session;
  const first = await keysNow(session);
  const { lists, unreachable } = await readLists(session);
  if (unreachable.length > 0)
    throw partialView('Not every service machine answers, so nothing was exchanged', unreachable);
  await currentList(session, first, lists);
  const keys = await keysNow(session);
  await assertAnswered(system, keys, await serviceMachinesAsPlanned(world, { ...intent, serviceKeys: keys }));
  if (keys.exchange) {
    const text = `goes on in the phase "${keys.exchange.phase}"`;
    world.logger({ level: 'info', subject: topology.name, text });
  } else await beginServiceKeys(keys.directory, world.clock.now());
}

/** Each service has to say who the tool is: by this is seen afterwards what it accepts. */
async function assertAnswered(system: System, { toolKey }: ServiceKeys, machines: readonly ReachableMachine[]) {
  const asked = machines.map(async (one) => ({ ...one, answers: await askAs(system, one, [bearerOf(toolKey)]) }));
  const refusing = (await Promise.all(asked)).filter(({ answers: [answer] }) => answer?.status !== 200);
  if (refusing.length === 0) return;
  throw partialView(
    'Not every service says who the tool is (GET /whoami), so nothing was exchanged',
    refusing.map(({ machine, answers: [answer] }) => ({
      machine: machine.label,
      reason: `its service answers ${answer?.status || 'nothing'} to the tool's key.`,
    })),
  );
}

/** Brings it what it has to accept in this phase, and proves that it does. */
async function onMachine(system: System, keys: ServiceKeys, reached: ReachableMachine): Promise<void> {
  const { session, signal } = system;
  const { world, topology } = session;
  const { label } = reached.machine;
  const { reason } = await bringKeys(world, topology, keys, reached);
  if (reason !== undefined) {
    throw new UnderstudyError(
      'operate-script',
      `${label}: ${reason} Nothing is refused yet that is used. Repair the cause, then run the same command again: it goes on from here.`,
      { facts: { label, reason } },
    );
  }
  if (!keys.exchange) throw new Error('no exchange to prove');
  const { phase, former, next } = keys.exchange;
  const refused = phase === 'withdraw' ? 401 : 200;
  const wanted =
    phase === 'withdraw' ? 'it refuses the old key and the old secret' : 'it accepts both keys and both secrets';
  await proved({ clock: world.clock, signal }, reached, `that ${wanted}`, async () => {
    const atMs = await timeOn(system, reached);
    const asked = { method: 'GET', path: '/whoami', caller: idOf(next.toolKey) };
    const [byNext, byFormer, signedByNext, signedByFormer] = await askAs(system, reached, [
      ...[next, former].map(({ toolKey }) => bearerOf(toolKey)),
      ...[next, former].map(({ peerSecret }) => peerHeader(peerSecret, asked, atMs)),
    ]);
    if (byNext?.status !== 200) return `the new key gets ${byNext?.status ?? 'no answer'}`;
    if (byFormer?.status !== refused) return `the old key gets ${byFormer?.status ?? 'no answer'}`;
    // One that takes no requests of other machines refuses every signature.
    if (!byNext.takesPeers) return undefined;
    if (signedByNext?.status !== 200) return `the new secret gets ${signedByNext?.status ?? 'no answer'}`;
    return signedByFormer?.status === refused
      ? undefined
      : `the old secret gets ${signedByFormer?.status ?? 'no answer'}`;
  });
  world.logger({ level: 'info', subject: label, text: wanted });
}

function bearerOf(toolKey: Secret): Secret {
  return new Secret(`Authorization: Bearer ${toolKey.reveal()}`);
}

interface CallerAnswer {
  /** 0: none. */
  readonly status: number;
  /** Whether it has secrets of service machines. */
  readonly takesPeers: boolean;
}

async function askAs(system: System, reached: ReachableMachine, headers: readonly Secret[]): Promise<CallerAnswer[]> {
  const { port } = system.session.topology.service;
  const script = askAsCallersScript(serviceOrigin(port, reached.machine.vpcAddress), headers);
  const lines = (await said(system, reached, script)).trim().split('\n');
  return lines.map((line) => {
    const [status, peers] = line.split(' ');
    return { status: Number(status), takesPeers: peers === 'peers' };
  });
}

/** A signature is valid for a minute, and clocks of two machines may differ by more. */
async function timeOn(system: System, reached: ReachableMachine): Promise<number> {
  return Number((await said(system, reached, machineTimeScript())).trim());
}

async function said({ session }: System, { machine, target }: ReachableMachine, script: string): Promise<string> {
  const { code, stdout, stderr } = await session.world.runner.run(target, ['sh', '-s'], { stdin: script });
  if (code === 0) return stdout;
  throw new UnderstudyError(
    'operate-script',
    `${machine.label}: its service could not be asked (exit code ${code}): ${stderr.trim() || 'it said nothing'}.`,
    { facts: { label: machine.label, code } },
  );
}
