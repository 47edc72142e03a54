// A NodeBalancer as the text of an haproxy.cfg: a pure value, good for HAProxy 2.6 and 3.0. What Linode does not document
// comes from assumptions.ts; everything else is Linode's documented behaviour.
import { UnderstudyError } from '@understudy/foundation';
import type { BalancerConfigSpec, BalancerNodeSpec, BalancerSpec } from '../region/hardware.ts';
import { assumptions, connectionLimit, stickinessCookie } from './assumptions.ts';

export interface BalancerFiles {
  readonly statsSocket: string;
  readonly stateFile: string;
  /** PEM bundle of an https config. */
  readonly certificate: (configId: number) => string;
}

/** Cipher lists of TLS 1.2; TLS 1.3 has its own and they are all good. `legacy` adds CBC and plain RSA for old clients. */
const cipherLists = {
  recommended:
    'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305',
  legacy:
    'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA:AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA:AES256-SHA',
} as const;

const frontendName = (config: BalancerConfigSpec): string => `front${config.id}`;
const backendName = (config: Pick<BalancerConfigSpec, 'id'>): string => `back${config.id}`;
export const serverName = (node: Pick<BalancerNodeSpec, 'id'>): string => `node${node.id}`;

/** One word of the configuration, whatever it holds; a line break would end the directive and is refused. */
const escapeWord = (text: string): string => {
  if (/[\n\r\0]/.test(text)) {
    throw new UnderstudyError(
      'lab-balancer-text',
      `A check's path or body holds a line break, which no balancer check can carry: ${JSON.stringify(text)}.`,
    );
  }
  return `'${text.replaceAll("'", `'\\''`)}'`;
};

const bindLine = (spec: BalancerSpec, config: BalancerConfigSpec, files: BalancerFiles): string => {
  const bind = `bind ${spec.address}:${config.port}`;
  if (config.protocol !== 'https') return bind;
  return `${bind} ssl crt ${files.certificate(config.id)} alpn http/1.1 ssl-min-ver TLSv1.2 ciphers ${cipherLists[config.cipherSuite]}`;
};

/** Connections a second per client, over all ports of the balancer. */
const throttleLines = (spec: BalancerSpec): readonly string[] =>
  spec.clientConnThrottle === 0
    ? []
    : [
        'tcp-request connection track-sc0 src table clients',
        `tcp-request connection reject if { sc0_conn_rate(clients) gt ${spec.clientConnThrottle} }`,
      ];

const frontend = (spec: BalancerSpec, config: BalancerConfigSpec, files: BalancerFiles): readonly string[] => {
  const http = config.protocol !== 'tcp';
  return [
    `frontend ${frontendName(config)}`,
    ...[
      `mode ${http ? 'http' : 'tcp'}`,
      bindLine(spec, config, files),
      ...throttleLines(spec),
      // Linode keeps no connection to a client open after an answer.
      ...(http
        ? ['option httpclose', 'option forwardfor', `http-request set-header X-Forwarded-Proto ${config.protocol}`]
        : []),
      `default_backend ${backendName(config)}`,
    ].map((line) => `  ${line}`),
    '',
  ];
};

const checkLines = (config: BalancerConfigSpec): readonly string[] => {
  if (config.check !== 'http' && config.check !== 'http_body') return [];
  return [
    'option httpchk',
    `http-check send meth GET uri ${escapeWord(config.checkPath || '/')} ver HTTP/1.1 hdr Host nodebalancer hdr Connection close`,
    'http-check expect status 200-399',
    ...(config.check === 'http_body' ? [`http-check expect rstring ${escapeWord(config.checkBody)}`] : []),
  ];
};

const stickinessLines = (config: BalancerConfigSpec): readonly string[] => {
  if (config.stickiness === 'table')
    return [`stick-table type ip size 1m expire ${assumptions.stickinessExpiry}`, 'stick on src'];
  if (config.stickiness === 'http_cookie') return [`cookie ${stickinessCookie} insert indirect nocache`];
  return [];
};

/** Without an active check a passive one needs something to bring the node back: a connection check serves (an assumption). */
const isChecked = (config: BalancerConfigSpec): boolean => config.check !== 'none' || config.checkPassive;

const serverLine = (config: BalancerConfigSpec, node: BalancerNodeSpec): string => {
  const proxy = { none: [], v1: ['send-proxy', 'check-send-proxy'], v2: ['send-proxy-v2', 'check-send-proxy'] }[
    config.proxyProtocol
  ];
  const observed = config.protocol === 'tcp' ? 'layer4' : 'layer7';
  return [
    `server ${serverName(node)} ${node.address}:${node.port}`,
    // Draining is weight 0: no new clients; those with a cookie or a stickiness entry stay.
    `weight ${node.mode === 'drain' ? 0 : node.weight}`,
    ...(isChecked(config)
      ? [`check inter ${config.checkIntervalS}s fall ${config.checkAttempts} rise ${assumptions.risesAfter}`]
      : []),
    ...(config.checkPassive
      ? [`observe ${observed} error-limit ${assumptions.passiveErrorLimit} on-error mark-down`]
      : []),
    ...proxy,
    ...(config.stickiness === 'http_cookie' ? [`cookie ${node.id}`] : []),
    ...(node.mode === 'backup' ? ['backup'] : []),
    ...(node.mode === 'reject' ? ['disabled'] : []),
  ].join(' ');
};

const backend = (config: BalancerConfigSpec): readonly string[] => {
  const http = config.protocol !== 'tcp';
  // HAProxy lets a check connect for `timeout connect`: the check's own bound must hold there too.
  const connectMs = Math.min(assumptions.connectTimeoutMs, config.checkTimeoutS * 1_000);
  return [
    `backend ${backendName(config)}`,
    ...[
      `mode ${http ? 'http' : 'tcp'}`,
      `balance ${config.algorithm}`,
      ...(isChecked(config) ? [`timeout connect ${connectMs}ms`, `timeout check ${config.checkTimeoutS}s`] : []),
      ...checkLines(config),
      ...stickinessLines(config),
      ...config.nodes.map((node) => serverLine(config, node)),
    ].map((line) => `  ${line}`),
    '',
  ];
};

export const renderBalancer = (spec: BalancerSpec, files: BalancerFiles): string =>
  [
    'global',
    `  maxconn ${connectionLimit}`,
    `  stats socket ${files.statsSocket} mode 600 level admin expose-fd listeners`,
    `  server-state-file ${files.stateFile}`,
    `  hard-stop-after ${assumptions.drainAfterChangeS}s`,
    '  log stderr format raw local0 notice',
    '  nbthread 1',
    // Where the host's limit on open files is too low for them all, fewer connections are better than no balancer.
    '  no strict-limits',
    '',
    'defaults',
    '  log global',
    '  load-server-state-from-file global',
    `  maxconn ${connectionLimit}`,
    `  timeout connect ${assumptions.connectTimeoutMs}ms`,
    `  timeout client ${assumptions.idleTimeoutMs}ms`,
    `  timeout server ${assumptions.idleTimeoutMs}ms`,
    `  timeout http-request ${assumptions.requestTimeoutMs}ms`,
    `  retries ${assumptions.connectRetries}`,
    '  option redispatch',
    '',
    ...(spec.clientConnThrottle === 0
      ? []
      : ['backend clients', '  stick-table type ip size 100k expire 10s store conn_rate(1s)', '']),
    ...spec.configs.flatMap((config) => [...frontend(spec, config, files), ...backend(config)]),
  ].join('\n');
