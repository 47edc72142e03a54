// Findings about the gateway of each service machine, when the topology has it on: its socket, its unit, and whether it answers.
import { shown } from '@understudy/foundation';
import {
  gatewayProbe,
  gatewaySocket,
  gatewayUnit,
  partOf,
  type ObservedHealth,
  type ObservedMachine,
} from '../../machines/index.ts';
import { applyCommand, unread, type Finding, type View } from '../finding.ts';
import { commandOnMachine } from '../repair-command.ts';
import type { Status } from '../status.ts';
import { restartsInLoop } from './machines.ts';

type Machine = Status['machines'][number];

const effect =
  'The application on this machine does not reach the engine at ES_HOST; the balancer goes on sending users to it, for its health path ' +
  'does not ask the engine.';

export function gatewayFindings({ observation, topology, machines }: View): Finding[] {
  if (topology.service.gateway === 'off') return [];
  return machines.flatMap((machine): Finding[] => {
    if (machine.role !== 'service') return [];
    const seen = shown(observation.machines[machine.name] ?? { state: 'absent' });
    return seen ? findingOf(machine, seen) : [];
  });
}

/** The first that explains why requests do not get through. */
function findingOf(machine: Machine, seen: ObservedMachine): Finding[] {
  const { name } = machine;
  const log = commandOnMachine(machine, ['journalctl', '-u', gatewayUnit, '-n', '50', '--no-pager']);
  for (const unit of [gatewaySocket, gatewayUnit]) {
    const state = partOf(seen.units, unit);
    if (state.state === 'unknown') return [unread('gateway-unread', name, `The unit ${unit} on ${name}`, state)];
    const value = shown(state);
    if (value && restartsInLoop(value)) {
      const reason = `systemd has restarted ${unit} on ${name} ${value.restarts} times.`;
      return [degraded(name, 'gateway-restarts', reason, log)];
    }
    if (value?.active !== 'active') {
      const reason = `${unit} on ${name} is ${value?.active ?? 'not installed'}, not active.`;
      return [degraded(name, 'gateway-not-active', reason, applyCommand)];
    }
  }
  const health = partOf(seen.health, gatewayProbe);
  if (health.state === 'unknown') return [unread('gateway-unread', name, `The gateway on ${name}`, health)];
  if (health.state === 'absent' || health.value.status === 200) return [];
  if (health.value.status === 503) {
    const reason = `The gateway on ${name} reaches no node of the engine (503 from /_understudy).`;
    return [
      degraded(
        name,
        'gateway-without-node',
        reason,
        'Repair the cluster, or the network between this machine and it: understudy status.',
      ),
    ];
  }
  return [degraded(name, 'gateway-not-answering', `The gateway on ${name} ${wordOf(health.value)}.`, log)];
}

function wordOf({ outcome, status, tookMs }: ObservedHealth): string {
  if (outcome === 'answered') return `answers ${status} to /_understudy`;
  if (outcome === 'refused') return 'does not listen on 127.0.0.1:9200';
  return `does not answer on 127.0.0.1:9200 (${outcome} after ${tookMs} ms)`;
}

function degraded(subject: string, id: string, reason: string, repair: string): Finding {
  return { id, verdict: 'degraded', subject, reason, effect, repair };
}
