// Why the balancer does not send users to a service machine, as far as Linode's API and the machine can tell. What could not be
// read is said to be unknown, and nothing is concluded from it.
import { shown } from '@understudy/foundation';
import {
  healthProbe,
  partOf,
  serviceUnit,
  type ObservedHealth,
  type ObservedMachine,
  type ObservedUnit,
} from '../../machines/index.ts';
import { instanceNamed, type Observation } from '../../observe/index.ts';
import { letsIn, machinePlans, type Topology } from '../../topology/index.ts';
import type { View } from '../finding.ts';
import { commandOnMachine } from '../repair-command.ts';
import type { Status } from '../status.ts';

export type BackendCause =
  | 'mode'
  | 'not-checked-yet'
  | 'not-of-the-topology'
  | 'machine-missing'
  | 'machine-off'
  | 'machine-unread'
  | 'unit-failed'
  | 'unit-restarts'
  | 'unit-not-active'
  | 'health-refused'
  | 'health-loopback'
  | 'health-timeout'
  | 'health-closed'
  | 'health-status'
  | 'health-body'
  | 'firewall'
  | 'passive-check'
  | 'unreached';

interface Cause {
  readonly cause: BackendCause;
  readonly sentence: string;
  /** Default: apply. */
  readonly mend?: string;
}

type Node = Status['balancer']['nodes'][number];

export function causeOf(view: View, node: Node): Cause {
  const { name, listener, status, mode } = node;
  const where = `${name} is ${status} on port ${listener}`;
  if (mode !== 'accept') {
    const left = `The backend ${name} is in mode ${mode} on port ${listener}, so it gets no new users`;
    return { cause: 'mode', sentence: `${left}: an operation that was cut short left it so, or somebody set it.` };
  }
  const { cause, why, mend } = status === 'DOWN' ? downCause(view, node) : notChecked;
  return { cause, sentence: `${where}: ${why}.`, ...(mend === undefined ? {} : { mend }) };
}

interface Why {
  readonly cause: BackendCause;
  readonly why: string;
  readonly mend?: string;
}

const notChecked: Why = {
  cause: 'not-checked-yet',
  why: 'the balancer does not say yet what its checks found; look again in a minute',
  mend: 'Look again: understudy status',
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
  if (unit !== undefined) return { ...unit, mend: unit.mend ?? log };
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
    return { cause: 'unit-not-active', why: 'its unit is not installed', mend: 'understudy apply' };
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
  return { cause: 'unit-not-active', why: `its unit is ${unit.active}`, mend: 'understudy apply' };
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

const pathOf = ({ balancer: { check } }: Topology) => `its health path ${check.path}`;

function healthCause(topology: Topology, health: ObservedHealth, log: string): Why | undefined {
  const { check } = topology.balancer;
  const { port } = topology.service;
  const took = `(checked now, ${health.tookMs} ms)`;
  const withLog = (cause: BackendCause, why: string): Why => ({ cause, why, mend: log });
  switch (health.outcome) {
    case 'refused':
      return health.onLoopback
        ? withLog(
            'health-loopback',
            `it listens on 127.0.0.1:${port} alone, where the balancer cannot reach it; its start command has to listen on {host}`,
          )
        : withLog('health-refused', `nothing listens on port ${port} of the machine ${took}`);
    case 'timeout':
      return withLog('health-timeout', `${pathOf(topology)} does not answer on the machine within ${health.tookMs} ms`);
    case 'closed':
      return withLog(
        'health-closed',
        `the connection for ${check.path} is closed on the machine without an answer ${took}`,
      );
    case 'failed':
      return withLog('health-refused', `port ${port} cannot be reached on the machine itself: ${health.why}`);
    case 'connected':
      return undefined;
    case 'answered':
      return answerCause(topology, health, took, log);
  }
}

/** What Linode's checks pass: any status from 200 to 399, and for http_body a body that the expression matches. */
function answerCause(
  topology: Topology,
  { status = 0, body }: ObservedHealth,
  took: string,
  mend: string,
): Why | undefined {
  const { check } = topology.balancer;
  if (status < 200 || status > 399)
    return { cause: 'health-status', why: `${pathOf(topology)} answers ${status} on the machine ${took}`, mend };
  if (check.type !== 'http_body' || check.body === undefined || matches(check.body, body)) return undefined;
  const why = `${pathOf(topology)} answers ${status} on the machine ${took}, with a body that balancer.check.body does not match`;
  return { cause: 'health-body', why, mend };
}

/** An expression that JavaScript cannot read may be one that the balancer can: nothing is concluded then. */
function matches(expression: string, body: string): boolean {
  try {
    return new RegExp(expression).test(body);
  } catch {
    return true;
  }
}

function passed(topology: Topology, { status, tookMs }: ObservedHealth): string {
  const { port } = topology.service;
  return status === undefined
    ? `port ${port} takes connections on the machine (checked now, ${tookMs} ms)`
    : `${pathOf(topology)} answers ${status} on the machine (checked now, ${tookMs} ms)`;
}

/** The machine is well: the balancer does not reach it, or something else than its check put it out. */
function wayCause({ observation, topology }: View, name: string, well: string): Why {
  const { port } = topology.service;
  const closed = closedFirewall(observation, topology, name);
  if (closed !== undefined)
    return {
      cause: 'firewall',
      why: `${well}, but the firewall ${closed} does not let the balancer in on port ${port}`,
    };
  const again = 'Look again: understudy status';
  if (isPassive(observation))
    return {
      cause: 'passive-check',
      why:
        `${well}, so its checks pass: the passive check put it out, because a user's request was answered with 5xx or not at ` +
        'all, or it is just coming back',
      mend: `${again}. If it comes back and goes again, see docs/balancer-checks.md`,
    };
  return {
    cause: 'unreached',
    why: `${well}, so the balancer does not reach it, or it is just coming back`,
    mend: again,
  };
}

function isPassive({ objects }: Observation): boolean {
  return objects.balancers.some(({ configs }) => configs.some(({ config }) => config.check_passive));
}

/** The source addresses of NodeBalancers outside of a VPC, in every region. */
const sharedBalancers = '192.168.255.0';

/** The label of an enabled firewall of the machine that drops what the balancer sends; undefined when none does. */
function closedFirewall({ objects }: Observation, topology: Topology, name: string): string | undefined {
  const id = instanceNamed(objects, name)?.id;
  const from =
    topology.balancer.backends === 'private' ? sharedBalancers : topology.network.balancerRange.split('/')[0];
  const closed = objects.firewalls
    .filter(({ firewall, devices }) => firewall.status === 'enabled' && devices.some(({ entity }) => entity.id === id))
    .find(({ firewall: { rules } }) => {
      const rule = rules.inbound.find(
        ({ protocol, ports, addresses }) =>
          protocol === 'TCP' &&
          covers(ports, topology.service.port) &&
          letsIn([...(addresses.ipv4 ?? []), ...(addresses.ipv6 ?? [])], from ?? ''),
      );
      return (rule?.action ?? rules.inbound_policy) !== 'ACCEPT';
    });
  return closed?.firewall.label;
}

/** `22, 80, 5000-5010`; none means every port. */
function covers(ports: string | null | undefined, port: number): boolean {
  if (!ports) return true;
  return ports.split(',').some((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return from <= port && port <= to;
  });
}
