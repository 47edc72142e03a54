// Backends of a NodeBalancer: which addresses they may have, and their health status.
import { found } from './answer.ts';
import {
  aboutBalancer,
  balancerOf,
  configOf,
  nodeView,
  statusOf,
  surroundings,
  type ConfigSurroundings,
} from './balancer-view.ts';
import { Input } from './input.ts';
import { idOf, paged, type Call, type Json, type Route } from './route.ts';
import { contains, parseRange, toNumber } from '../state/addresses.ts';
import { entity } from '../state/events.ts';
import type { BalancerConfig, BalancerNode } from '../state/model.ts';

export interface NodeRequest {
  /** Only in a rebuild: the node that is meant. */
  readonly id: number | undefined;
  readonly label: string;
  readonly address: string;
  readonly weight: number;
  readonly mode: BalancerNode['mode'];
  readonly subnetId: number | undefined;
}

const privateNetwork = '192.168.128.0/17';
const label = {
  least: 3,
  most: 32,
  pattern: /^[a-zA-Z0-9\-_.]+$/,
  reason: 'Must only use ASCII letters, numbers, underscores, periods, and dashes',
};

export function readNode(call: Call, input: Input, around: ConfigSurroundings, present?: BalancerNode): NodeRequest {
  if (present === undefined) input.require('label', 'address');
  const subnetId = input.id('subnet_id') ?? subnetOfPresent(call, present);
  if (subnetId !== undefined && !around.subnetIds.includes(subnetId)) {
    input.refuse('NodeBalancer has no VPC configuration for this subnet', 'subnet_id');
  }
  const address = input.text('address');
  if (address !== undefined) checkAddress(call, input, address, subnetId, around.region);
  return {
    id: input.id('id'),
    label: input.text('label', label) ?? present?.label ?? '',
    address: address ?? present?.address ?? '',
    weight: input.integer('weight', 1, 255) ?? present?.weight ?? 100,
    mode: input.oneOf('mode', ['accept', 'reject', 'drain', 'backup'] as const) ?? present?.mode ?? 'accept',
    subnetId,
  };
}

function subnetOfPresent(call: Call, present: BalancerNode | undefined): number | undefined {
  const legId = present?.vpcConfigId ?? null;
  return legId === null ? undefined : call.store.balancerVpcs.get(legId)?.subnetId;
}

function checkAddress(call: Call, input: Input, text: string, subnetId: number | undefined, region: string): void {
  const [, address, port] = /^(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})$/.exec(text) ?? [];
  if (address === undefined || parseRange(`${address}/32`) === undefined || Number(port) < 1 || Number(port) > 65_535) {
    return input.refuse('Must be an IPv4 address and port', 'address');
  }
  if (subnetId !== undefined) {
    const range = parseRange(call.store.subnets.get(subnetId)?.range ?? '');
    if (range !== undefined && !contains(range, toNumber(address)))
      input.refuse('Must be inside the subnet', 'address');
    return undefined;
  }
  const network = parseRange(privateNetwork);
  if (network !== undefined && !contains(network, toNumber(address)))
    return input.refuse('Must begin with 192.168', 'address');
  const owner = [...call.store.machines.values()].find((m) => m.privateAddress === address);
  if (owner?.region !== region)
    input.refuse('Must be a private address of a Linode in the region of the NodeBalancer', 'address');
  return undefined;
}

/** Stores the node; with `keepId` in the place of an old one. */
export function addNode(call: Call, config: BalancerConfig, requested: NodeRequest, keepId?: number): number {
  const { store } = call;
  const id = keepId ?? store.newId();
  const leg = [...store.balancerVpcs.values()].find(
    (l) => l.balancerId === config.balancerId && l.subnetId === requested.subnetId,
  );
  const { label, address, weight, mode } = requested;
  const vpcConfigId = leg?.id ?? null;
  store.balancerNodes.set(id, {
    id,
    balancerId: config.balancerId,
    configId: config.id,
    label,
    address,
    weight,
    mode,
    vpcConfigId,
  });
  return id;
}

function nodeOf(call: Call): BalancerNode {
  const config = configOf(call);
  const node = found(call.store.balancerNodes.get(idOf(call, 'nodeId')));
  return found(node.configId === config.id ? node : undefined);
}

function changed(call: Call, action: 'create' | 'update' | 'delete', node: BalancerNode): void {
  const balancer = balancerOf(call);
  const url = `/v4/nodebalancers/${node.balancerId}/configs/${node.configId}/nodes/${node.id}`;
  call.events.note(
    `nodebalancer_node_${action}`,
    aboutBalancer(balancer),
    entity('nodebalancer_node', node.id, node.label, url),
  );
  call.sync.apply('balancer', balancer.id);
}

const view = async (call: Call, node: BalancerNode): Promise<Json> =>
  nodeView(node, await statusOf(call, node.balancerId));

function refuseDuplicate(call: Call, input: Input, configId: number, address: string, but?: BalancerNode): void {
  const twin = [...call.store.balancerNodes.values()].some(
    (n) => n !== but && n.configId === configId && n.address === address,
  );
  if (twin) input.refuse('Address must be unique among the nodes of the config', 'address');
}

function createNode(call: Call): Promise<Json> {
  const config = configOf(call);
  const input = new Input(call.body);
  const requested = readNode(call, input, surroundings(call, balancerOf(call)));
  refuseDuplicate(call, input, config.id, requested.address);
  input.done();
  const node = found(call.store.balancerNodes.get(addNode(call, config, requested)));
  changed(call, 'create', node);
  return view(call, node);
}

function updateNode(call: Call): Promise<Json> {
  const node = nodeOf(call);
  const config = configOf(call);
  const input = new Input(call.body);
  const requested = readNode(call, input, surroundings(call, balancerOf(call)), node);
  refuseDuplicate(call, input, config.id, requested.address, node);
  input.done();
  addNode(call, config, requested, node.id);
  const updated = nodeOf(call);
  changed(call, 'update', updated);
  return view(call, updated);
}

function deleteNode(call: Call): Json {
  const node = nodeOf(call);
  call.store.balancerNodes.delete(node.id);
  changed(call, 'delete', node);
  return {};
}

async function listNodes(call: Call): Promise<Json> {
  const config = configOf(call);
  const status = await statusOf(call, config.balancerId);
  const nodes = [...call.store.balancerNodes.values()].filter((node) => node.configId === config.id);
  return paged(
    call,
    nodes.map((node) => nodeView(node, status)),
    ['id', 'label', 'address', 'mode', 'status', 'weight'],
  );
}

const base = '/nodebalancers/:nodeBalancerId/configs/:configId/nodes';
const read = 'nodebalancers:read_only';
const write = 'nodebalancers:read_write';

export const balancerNodeRoutes: readonly Route[] = [
  { method: 'GET', path: base, scope: read, handle: listNodes },
  { method: 'POST', path: base, scope: write, handle: createNode },
  { method: 'GET', path: `${base}/:nodeId`, scope: read, handle: (call) => view(call, nodeOf(call)) },
  { method: 'PUT', path: `${base}/:nodeId`, scope: write, handle: updateNode },
  { method: 'DELETE', path: `${base}/:nodeId`, scope: write, handle: deleteNode },
];
