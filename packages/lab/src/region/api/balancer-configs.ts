// Configurations of a NodeBalancer: one per port, with its checks, certificate and nodes.
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { addNode, readNode, type NodeRequest } from './balancer-nodes.ts';
import { balancerOf, configOf, statusOf, surroundings, type ConfigSurroundings } from './balancer-view.ts';
import { Input } from './input.ts';
import { paged, type Call, type Json, type Route } from './route.ts';
import type { BalancerStatus } from '../hardware.ts';
import { entity } from '../state/events.ts';
import type { Balancer, BalancerConfig } from '../state/model.ts';

type ConfigFields = Omit<BalancerConfig, 'id' | 'balancerId'>;

export interface ConfigRequest {
  readonly config: ConfigFields;
  /** Undefined when the request has no nodes. */
  readonly nodes: readonly NodeRequest[] | undefined;
}

/** Linode's own defaults. https://techdocs.akamai.com/linode-api/reference/post-node-balancer-config */
const defaults: ConfigFields = {
  port: 80,
  protocol: 'http',
  algorithm: 'roundrobin',
  stickiness: 'none',
  check: 'none',
  check_interval: 31,
  check_timeout: 30,
  check_attempts: 3,
  check_path: '',
  check_body: '',
  check_passive: true,
  proxy_protocol: 'none',
  cipher_suite: 'recommended',
  ssl_cert: null,
  ssl_key: null,
};

/** Merges the request's fields into the present ones and checks the result. */
export function readConfig(
  call: Call,
  input: Input,
  around: ConfigSurroundings,
  present: ConfigFields = defaults,
): ConfigRequest {
  const config: ConfigFields = {
    port: input.integer('port', 1, 65_535) ?? present.port,
    protocol: input.oneOf('protocol', ['http', 'https', 'tcp'] as const) ?? present.protocol,
    algorithm: input.oneOf('algorithm', ['roundrobin', 'leastconn', 'source'] as const) ?? present.algorithm,
    stickiness: input.oneOf('stickiness', ['none', 'table', 'http_cookie'] as const) ?? present.stickiness,
    check: input.oneOf('check', ['none', 'connection', 'http', 'http_body'] as const) ?? present.check,
    check_interval: input.integer('check_interval', 2, 3600) ?? present.check_interval,
    check_timeout: input.integer('check_timeout', 1, 30) ?? present.check_timeout,
    check_attempts: input.integer('check_attempts', 1, 30) ?? present.check_attempts,
    check_path: input.text('check_path', { most: 255, pattern: /^[a-zA-Z0-9/\-%?&=._]*$/ }) ?? present.check_path,
    check_body: input.text('check_body', { most: 255 }) ?? present.check_body,
    check_passive: input.flag('check_passive') ?? present.check_passive,
    proxy_protocol: input.oneOf('proxy_protocol', ['none', 'v1', 'v2'] as const) ?? present.proxy_protocol,
    cipher_suite: input.oneOf('cipher_suite', ['recommended', 'legacy'] as const) ?? present.cipher_suite,
    ssl_cert: certificatePart(input, 'ssl_cert', present.ssl_cert),
    ssl_key: certificatePart(input, 'ssl_key', present.ssl_key),
  };
  checkTogether(input, config, around);
  const parts = input.objects('nodes');
  return { config, nodes: parts?.map((part) => readNode(call, part, around)) };
}

/** `<REDACTED>` sent back by a client means: as it is. */
function certificatePart(input: Input, field: 'ssl_cert' | 'ssl_key', present: string | null): string | null {
  const text = input.text(field);
  return text === undefined || text === '<REDACTED>' ? present : text;
}

function checkTogether(input: Input, config: ConfigFields, around: ConfigSurroundings): void {
  if (around.ports.includes(config.port))
    input.refuse('Port must be unique among the configs of the NodeBalancer', 'port');
  if (config.check_timeout >= config.check_interval)
    input.refuse('check_timeout must be less than check_interval', 'check_timeout');
  const http = config.check === 'http' || config.check === 'http_body';
  if (http && config.check_path === '') input.refuse('check_path is required', 'check_path');
  if (config.check === 'http_body' && config.check_body === '') input.refuse('check_body is required', 'check_body');
  if (config.protocol === 'tcp' && config.stickiness === 'http_cookie')
    input.refuse('http_cookie is not allowed with tcp', 'stickiness');
  if (config.protocol !== 'tcp' && config.proxy_protocol !== 'none')
    input.refuse('Only allowed with tcp', 'proxy_protocol');
  if (config.protocol === 'https') checkCertificate(input, config);
}

function checkCertificate(input: Input, config: ConfigFields): void {
  if (config.ssl_cert === null) return input.refuse('ssl_cert is required', 'ssl_cert');
  if (config.ssl_key === null) return input.refuse('ssl_key is required', 'ssl_key');
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(config.ssl_cert);
  } catch {
    return input.refuse('Must be a PEM-encoded certificate', 'ssl_cert');
  }
  try {
    if (!certificate.checkPrivateKey(createPrivateKey(config.ssl_key)))
      input.refuse('Key does not match the certificate', 'ssl_key');
  } catch {
    input.refuse('Must be a PEM-encoded private key', 'ssl_key');
  }
}

function certificateFacts(pem: string | null): { ssl_commonname: string; ssl_fingerprint: string } {
  if (pem === null) return { ssl_commonname: '', ssl_fingerprint: '' };
  const certificate = new X509Certificate(pem);
  const commonName = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? '';
  return { ssl_commonname: commonName, ssl_fingerprint: certificate.fingerprint };
}

/** Creates the configuration and the nodes that came with it. */
export function createConfig(call: Call, balancer: Balancer, requested: ConfigRequest): BalancerConfig {
  const config: BalancerConfig = { id: call.store.newId(), balancerId: balancer.id, ...requested.config };
  call.store.balancerConfigs.set(config.id, config);
  call.events.note(
    'nodebalancer_config_create',
    entity('nodebalancer', balancer.id, balancer.label),
    aboutConfig(config),
  );
  for (const node of requested.nodes ?? []) addNode(call, config, node);
  return config;
}

function aboutConfig(config: BalancerConfig): ReturnType<typeof entity> {
  const url = `/v4/nodebalancers/${config.balancerId}/configs/${config.id}`;
  return entity('nodebalancer_config', config.id, `:${config.port}`, url);
}

function configView(call: Call, config: BalancerConfig, status: BalancerStatus): Json {
  const nodes = [...call.store.balancerNodes.values()].filter((node) => node.configId === config.id);
  const up = nodes.filter((node) => status.get(node.id) === 'UP').length;
  const { balancerId, ssl_cert: cert, ssl_key: key, ...fields } = config;
  return {
    ...fields,
    nodebalancer_id: balancerId,
    ...certificateFacts(config.protocol === 'https' ? cert : null),
    ssl_cert: cert === null ? null : '<REDACTED>',
    ssl_key: key === null ? null : '<REDACTED>',
    // As recorded: a node of unknown status counts as down.
    nodes_status: { up, down: nodes.length - up },
    udp_check_port: 80,
    udp_session_timeout: 16,
  };
}

const configsOf = (call: Call): BalancerConfig[] => {
  const balancer = balancerOf(call);
  return [...call.store.balancerConfigs.values()].filter((c) => c.balancerId === balancer.id);
};

async function listConfigs(call: Call): Promise<Json> {
  const configs = configsOf(call);
  // Asked once: it is one HAProxy process, and a busy one answers slowly.
  const status = await statusOf(call, balancerOf(call).id);
  const views = configs.map((config) => configView(call, config, status));
  return paged(call, views, ['id', 'port', 'protocol']);
}

async function viewNow(call: Call, config: BalancerConfig): Promise<Json> {
  return configView(call, config, await statusOf(call, config.balancerId));
}

async function addConfig(call: Call): Promise<Json> {
  const balancer = balancerOf(call);
  const input = new Input(call.body);
  const requested = readConfig(call, input, surroundings(call, balancer));
  input.done();
  const config = createConfig(call, balancer, requested);
  call.sync.apply('balancer', balancer.id);
  return viewNow(call, config);
}

function change(call: Call, readNodes: boolean): Promise<Json> {
  const balancer = balancerOf(call);
  const config = configOf(call);
  const input = new Input(call.body);
  // A rebuild starts from the defaults and replaces the nodes; an update keeps what is not named.
  const requested = readConfig(
    call,
    input,
    surroundings(call, balancer, config),
    readNodes ? { ...defaults, ssl_cert: config.ssl_cert, ssl_key: config.ssl_key } : config,
  );
  input.done();
  Object.assign(config, requested.config);
  if (readNodes) replaceNodes(call, config, requested.nodes ?? []);
  call.events.note(
    'nodebalancer_config_update',
    entity('nodebalancer', balancer.id, balancer.label),
    aboutConfig(config),
  );
  call.sync.apply('balancer', balancer.id);
  return viewNow(call, config);
}

/** A node that names an id, or has the address of an old one, keeps its id. */
function replaceNodes(call: Call, config: BalancerConfig, requestedNodes: readonly NodeRequest[]): void {
  const { store } = call;
  const old = [...store.balancerNodes.values()].filter((node) => node.configId === config.id);
  for (const node of old) store.balancerNodes.delete(node.id);
  for (const requested of requestedNodes) {
    const keep = old.find((node) => node.id === requested.id || node.address === requested.address);
    addNode(call, config, requested, keep?.id);
  }
}

function deleteConfig(call: Call): Json {
  const { store } = call;
  const config = configOf(call);
  for (const node of [...store.balancerNodes.values()])
    if (node.configId === config.id) store.balancerNodes.delete(node.id);
  store.balancerConfigs.delete(config.id);
  const balancer = balancerOf(call);
  call.events.note(
    'nodebalancer_config_delete',
    entity('nodebalancer', balancer.id, balancer.label),
    aboutConfig(config),
  );
  call.sync.apply('balancer', balancer.id);
  return {};
}

const base = '/nodebalancers/:nodeBalancerId/configs';
const read = 'nodebalancers:read_only';
const write = 'nodebalancers:read_write';

export const balancerConfigRoutes: readonly Route[] = [
  { method: 'GET', path: base, scope: read, handle: listConfigs },
  { method: 'POST', path: base, scope: write, handle: addConfig },
  { method: 'GET', path: `${base}/:configId`, scope: read, handle: (call) => viewNow(call, configOf(call)) },
  { method: 'PUT', path: `${base}/:configId`, scope: write, handle: (call) => change(call, false) },
  { method: 'DELETE', path: `${base}/:configId`, scope: write, handle: deleteConfig },
  { method: 'POST', path: `${base}/:configId/rebuild`, scope: write, handle: (call) => change(call, true) },
];
