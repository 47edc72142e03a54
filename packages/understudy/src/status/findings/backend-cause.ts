// Why the balancer does not send users to a service machine, as far as Linode's API and the machine can tell. What could not be
// read is said to be unknown, and nothing is concluded from it.
import { shown } from '@understudy/foundation';
import { healthProbe, partOf, serviceUnit, type ObservedMachine, type ObservedUnit } from '../../machines/index.ts';
import { machinePlans } from '../../topology/index.ts';
import type { View } from '../finding.ts';
import { wayCause } from './backend-way.ts';
import { healthCause, passed, type BackendCause, type Why } from './health-cause.ts';
import { commandOnMachine } from '../repair-command.ts';
import type { Status } from '../status.ts';

interface Cause {
  readonly cause: BackendCause;
  readonly sentence: string;
  /** Default: apply. */
  readonly repair?: string;
}

type Node = Status['balancer']['nodes'][number];

export function causeOf(view: View, node: Node): Cause {
  const { name, listener, status, mode } = node;
  const where = `${name} is ${status} on port ${listener}`;
  if (mode !== 'accept') {
    const left = `The backend ${name} is in mode ${mode} on port ${listener}, so it gets no new users`;
    return { cause: 'mode', sentence: `${left}: an operation that was cut short left it so, or somebody set it.` };
  }
  const { cause, why, repair } = status === 'DOWN' ? downCause(view, node) : notChecked;
  return { cause, sentence: `${where}: ${why}.`, ...(repair === undefined ? {} : { repair }) };
}

const notChecked: Why = {
  cause: 'not-checked-yet',
  why: 'the balancer does not say yet what its checks found; look again in a minute',
  repair: 'Look again: understudy status',
};

function downCause(view: View, { name }: Node): Why {
  const { observation, topology, machines } = view;
  const plan = machinePlans(topology).find(({ label }) => label === name);
  const machine = machines.find((candidate) => candidate.name === name);
  if (!plan || !machine) return { cause: 'not-of-the-topology', why: 'the topology has no machine of that name' };
  const seen = observation.machines[name];
  if (machine.status === 'missing') return { cause: 'machine-missing', why: 'its machine does not exist' };
  if (machine.status !== 'running') return { cause: 'machine-off', why: `its machine is ${machine.status}` };
  if (seen?.state !== 'seen') {
    const reason = seen?.state === 'unknown' ? seen.reason : 'the machine was not asked';
    return { cause: 'machine-unread', why: `why is not known, because the machine could not be read: ${reason}` };
  }
  const log = commandOnMachine(machine, ['journalctl', '-u', serviceUnit, '-n', '50', '--no-pager']);
  const unit = unitCause(seen.value);
  if (unit !== undefined) return { ...unit, repair: unit.repair ?? log };
  const since = runningSince(observation.at, seen.value);
  const health = partOf(seen.value.health, healthProbe(topology, plan));
  if (health.state !== 'seen') {
    const reason = health.state === 'unknown' ? health.reason : 'it was not asked for';
    return {
      cause: 'machine-unread',
      why: `why is not known, because its health path could not be read: ${reason}${since}`,
    };
  }
  const bad = healthCause(topology, health.value, log);
  if (bad !== undefined) return { ...bad, why: `${bad.why}${since}` };
  return wayCause(view, name, `${passed(topology, health.value)}${since}`);
}

/** Undefined while the unit runs, or its state is not known: then the health path says more. */
function unitCause(seen: ObservedMachine): Why | undefined {
  const state = partOf(seen.units, serviceUnit);
  if (state.state === 'absent')
    return { cause: 'unit-not-active', why: 'its unit is not installed', repair: 'understudy apply' };
  const unit = shown(state);
  if (!unit || unit.active === 'active') return undefined;
  if (unit.sub === 'auto-restart') {
    const times = unit.restarts === 1 ? 'once' : `${unit.restarts} times`;
    return {
      cause: 'unit-restarts',
      why: `its unit ends again and again, restarted ${times} by systemd${endOf(unit)}`,
    };
  }
  if (unit.active === 'failed') return { cause: 'unit-failed', why: `its unit has failed${endOf(unit)}` };
  return { cause: 'unit-not-active', why: `its unit is ${unit.active}`, repair: 'understudy apply' };
}

function endOf({ ended, result }: ObservedUnit): string {
  const how = ended ?? (result === 'success' ? '' : result);
  return how === '' ? '' : `; its last run ended with ${how}`;
}

function runningSince(at: string, seen: ObservedMachine): string {
  const since = shown(partOf(seen.units, serviceUnit))?.sinceActiveS;
  if (since === undefined) return '';
  const began = new Date(Date.parse(at) - since * 1000);
  const days = Math.floor(since / 86_400);
  const day = days === 0 ? '' : `${began.toISOString().slice(0, 10)} `;
  return `; unit running since ${day}${began.toISOString().slice(11, 16)} UTC`;
}
