// The lab's own endpoints, beside /v4: faults, and hardware actions that Linode does not offer (a power cut).
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError, found } from './answer.ts';
import { faultKinds, type FaultRule } from './faults.ts';
import { Input } from './input.ts';
import { send, tokenOf, type ServerParts } from './server.ts';
import { engineNames, type EngineName, type EngineStock } from '../../engine/index.ts';
import { machineInterfaces } from '../state/specs.ts';
import type { Json } from './route.ts';
import type { Machine } from '../state/model.ts';

export interface ControlHooks {
  /** Removes every object and machine; the lab stays up. */
  reset(): Promise<void>;
  readonly engines: EngineSource | undefined;
}

/** What machines can install, and what can be made for them. */
export type EngineSource = Pick<EngineStock, 'supply' | 'build'>;

export function addControl(server: FastifyInstance, parts: ServerParts, hooks: ControlHooks): void {
  const { store } = parts.region;
  const machineBy = (request: FastifyRequest): Machine => {
    const { label } = request.params as { label: string };
    return found(
      [...store.machines.values()].find((machine) => machine.label === label || String(machine.id) === label),
    );
  };
  const on = (method: 'GET' | 'POST' | 'DELETE', url: string, handle: (request: FastifyRequest) => unknown): void => {
    server.route({
      method,
      url: `/lab${url}`,
      handler: async (request, reply) => {
        if (tokenOf(parts.tokens, request) === undefined) throw new ApiError(401, [{ reason: 'Invalid Token' }]);
        return send(reply, 200, await handle(request));
      },
    });
  };
  on('GET', '/status', () => statusView(parts));
  on('GET', '/machines', () => ({ machines: [...store.machines.values()].map(machineView) }));
  on('GET', '/faults', () => ({ faults: parts.faults.report() }));
  on('POST', '/faults', (request) => {
    setFaults(parts, bodyOf(request));
    return { faults: parts.faults.report() };
  });
  on('DELETE', '/faults', () => {
    parts.faults.set([], 1);
    return {};
  });
  on('POST', '/machines/:label/power-cut', (request) => powerCut(parts, machineBy(request)));
  on('POST', '/machines/:label/power-on', (request) => powerOn(parts, machineBy(request)));
  on('GET', '/engines/:engine/:version', (request) => found(hooks.engines).supply(...engineOf(request)));
  on('POST', '/engines/:engine/:version', (request) => found(hooks.engines).build(...engineOf(request)));
  on('POST', '/reset', async () => {
    await hooks.reset();
    return {};
  });
}

function engineOf(request: FastifyRequest): [EngineName, string] {
  const { engine, version = '' } = request.params as { engine?: string; version?: string };
  const name = found(engineNames.find((known) => known === engine));
  return [name, found(/^\d+\.\d+\.\d+$/.test(version) ? version : undefined)];
}

function bodyOf(request: FastifyRequest): Json {
  return typeof request.body === 'string' && request.body !== '' ? (JSON.parse(request.body) as Json) : {};
}

function statusView({ region }: ServerParts): Json {
  const { store } = region;
  return {
    machines: store.machines.size,
    running: [...store.machines.values()].filter((m) => m.status === 'running').length,
    jobs: store.jobs.size,
    vpcs: store.vpcs.size,
    firewalls: store.firewalls.size,
    balancers: store.balancers.size,
    placementGroups: store.placementGroups.size,
    events: store.events.size,
  };
}

function machineView(machine: Machine): Json {
  const interfaces = machineInterfaces(machine);
  return {
    id: machine.id,
    label: machine.label,
    status: machine.status,
    publicAddress: machine.publicAddress,
    vpcAddresses: interfaces.filter((i) => i.kind === 'vpc').map((i) => i.address),
  };
}

function setFaults({ faults }: ServerParts, body: Json): void {
  const input = new Input(body);
  const seed = input.integer('seed', 0, 4_294_967_295) ?? 1;
  const rules = (input.objects('rules') ?? []).map((part): FaultRule => {
    part.require('kind');
    const probability = part.raw('probability');
    if (probability !== undefined && !(typeof probability === 'number' && probability >= 0 && probability <= 1)) {
      part.refuse('Must be a number between 0 and 1', 'probability');
    }
    const optional = {
      method: part.oneOf('method', ['GET', 'POST', 'PUT', 'DELETE']),
      match: part.text('match'),
      probability: probability as number | undefined,
      times: part.integer('times', 1, 1_000_000),
      retryAfterS: part.integer('retryAfterS', 0, 3600),
      delayMs: part.integer('delayMs', 0, 86_400_000),
    };
    const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
    return { kind: part.oneOf('kind', faultKinds) ?? 'unavailable', ...given };
  });
  input.done();
  try {
    faults.set(rules, seed);
  } catch (error) {
    throw new ApiError(400, [{ reason: String(error), field: 'match' }]);
  }
}

/** The machine ends without a FIN; the API shows it offline, as after the failure of its host. */
async function powerCut({ region }: ServerParts, machine: Machine): Promise<Json> {
  if (region.lifeCycle.busy(machine.id)) throw new ApiError(400, [{ reason: 'Linode busy.' }]);
  await region.hardware.powerCutMachine(machine.id);
  await region.lifeCycle.observe();
  return machineView(machine);
}

async function powerOn({ region }: ServerParts, machine: Machine): Promise<Json> {
  if (region.lifeCycle.busy(machine.id)) throw new ApiError(400, [{ reason: 'Linode busy.' }]);
  if (machine.status !== 'running') region.lifeCycle.enqueue(machine, 'boot');
  await region.store.persist();
  return machineView(machine);
}
