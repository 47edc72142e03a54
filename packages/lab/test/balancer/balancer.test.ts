import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderBalancer } from '../../src/balancer/config.ts';
import { parseStatus } from '../../src/balancer/status.ts';
import type { BalancerConfigSpec, BalancerNodeSpec, BalancerSpec } from '../../src/region/hardware.ts';

const node = (id: number, change: Partial<BalancerNodeSpec> = {}): BalancerNodeSpec => ({
  id,
  address: '10.20.0.31',
  port: 8080,
  weight: 100,
  mode: 'accept',
  ...change,
});

const config: BalancerConfigSpec = {
  id: 4,
  port: 80,
  protocol: 'http',
  algorithm: 'roundrobin',
  stickiness: 'none',
  check: 'http',
  checkIntervalS: 5,
  checkTimeoutS: 3,
  checkAttempts: 2,
  checkPath: '/healthz',
  checkBody: '',
  checkPassive: true,
  proxyProtocol: 'none',
  cipherSuite: 'recommended',
  nodes: [node(1), node(2, { mode: 'drain' }), node(3, { mode: 'reject' }), node(4, { mode: 'backup', weight: 7 })],
};

const files = {
  statsSocket: '/run/b/stats.sock',
  stateFile: '/run/b/servers.state',
  certificate: (id: number) => `/run/b/certificate-${id}.pem`,
};
const balancer = (change: Partial<BalancerConfigSpec> = {}, clientConnThrottle = 0): BalancerSpec => ({
  id: 3,
  address: '198.18.2.1',
  clientConnThrottle,
  configs: [{ ...config, ...change }],
});
const render = (change: Partial<BalancerConfigSpec> = {}, throttle = 0): string =>
  renderBalancer(balancer(change, throttle), files);

describe('a balancer as HAProxy configuration', () => {
  it('has checks, modes, weights and forwarded headers', () => {
    assert.equal(
      render(),
      `global
  maxconn 10000
  stats socket /run/b/stats.sock mode 600 level admin expose-fd listeners
  server-state-file /run/b/servers.state
  hard-stop-after 300s
  log stderr format raw local0 notice
  nbthread 1
  no strict-limits

defaults
  log global
  load-server-state-from-file global
  maxconn 10000
  timeout connect 5000ms
  timeout client 60000ms
  timeout server 60000ms
  timeout http-request 10000ms
  retries 2
  option redispatch

frontend front4
  mode http
  bind 198.18.2.1:80
  option httpclose
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  default_backend back4

backend back4
  mode http
  balance roundrobin
  timeout connect 3000ms
  timeout check 3s
  option httpchk
  http-check send meth GET uri '/healthz' ver HTTP/1.1 hdr Host nodebalancer hdr Connection close
  http-check expect status 200-399
  server node1 10.20.0.31:8080 weight 100 check inter 5s fall 2 rise 2 observe layer7 error-limit 1 on-error mark-down
  server node2 10.20.0.31:8080 weight 0 check inter 5s fall 2 rise 2 observe layer7 error-limit 1 on-error mark-down
  server node3 10.20.0.31:8080 weight 100 check inter 5s fall 2 rise 2 observe layer7 error-limit 1 on-error mark-down disabled
  server node4 10.20.0.31:8080 weight 7 check inter 5s fall 2 rise 2 observe layer7 error-limit 1 on-error mark-down backup
`,
    );
  });

  it('terminates TLS 1.2 and 1.3 with the ciphers of its configuration, over HTTP/1.1', () => {
    const text = render({ protocol: 'https', port: 443 });
    assert.match(
      text,
      /bind 198\.18\.2\.1:443 ssl crt \/run\/b\/certificate-4\.pem alpn http\/1\.1 ssl-min-ver TLSv1\.2 ciphers ECDHE-ECDSA-AES128-GCM-SHA256:/,
    );
    assert.match(text, /X-Forwarded-Proto https/);
    assert.doesNotMatch(text, /AES128-SHA\b/);
    assert.match(render({ protocol: 'https', cipherSuite: 'legacy' }), /:AES128-SHA:/);
  });

  it('passes TCP with the proxy protocol, to the checks too', () => {
    const text = render({ protocol: 'tcp', check: 'connection', proxyProtocol: 'v2' });
    assert.match(text, /mode tcp/);
    assert.doesNotMatch(text, /httpchk|forwardfor|httpclose/);
    assert.match(
      text,
      /server node1 10\.20\.0\.31:8080 weight 100 check inter 5s fall 2 rise 2 observe layer4 error-limit 1 on-error mark-down send-proxy-v2 check-send-proxy/,
    );
  });

  it('has stickiness by table or by cookie', () => {
    assert.match(render({ stickiness: 'table' }), /stick-table type ip size 1m expire 30m\n {2}stick on src/);
    assert.match(
      render({ stickiness: 'http_cookie' }),
      /cookie NB_SRVID insert indirect nocache\n {2}server node1 .* cookie 1\n/,
    );
  });

  it('limits new connections of each client over all ports', () => {
    assert.match(render({}, 20), /backend clients\n {2}stick-table type ip size 100k expire 10s store conn_rate\(1s\)/);
    assert.match(
      render({}, 20),
      /tcp-request connection track-sc0 src table clients\n {2}tcp-request connection reject if \{ sc0_conn_rate\(clients\) gt 20 \}/,
    );
  });

  it('checks the body, with any characters quoted, and refuses a line break', () => {
    assert.match(
      render({ check: 'http_body', checkBody: `it's "ok" $HOME #1` }),
      /http-check expect rstring 'it'\\''s "ok" \$HOME #1'\n/,
    );
    assert.throws(() => render({ checkPath: '/a\nserver evil 1.2.3.4:5' }), { code: 'lab-balancer-text' });
  });

  it('does not check at all when both kinds of check are off', () => {
    assert.match(render({ check: 'none', checkPassive: false }), /server node1 10\.20\.0\.31:8080 weight 100\n/);
  });
});

describe('a balancer asked for its nodes', () => {
  const csv = (rows: readonly (readonly [string, string, string])[]): string =>
    [
      '# pxname,svname,status,check_status,',
      ...rows.map(([name, status, check]) => `back4,${name},${status},${check},`),
    ].join('\n');

  it('maps the states of HAProxy to three values', () => {
    const text = csv([
      ['BACKEND', 'UP', ''],
      ['node1', 'UP', 'L7OK'],
      ['node2', 'UP 1/2', '* L7OK'],
      ['node3', 'DOWN 1/2', 'L4TOUT'],
      ['node4', 'DRAIN', 'L7OK'],
      ['node5', 'MAINT', ''],
      ['node6', 'no check', ''],
      ['node7', 'UP', 'INI'],
    ]);
    assert.deepEqual(
      [...parseStatus(text, new Map())],
      [
        [1, 'UP'],
        [2, 'UP'],
        [3, 'DOWN'],
        [4, 'UP'],
        [5, 'Unknown'],
        [6, 'Unknown'],
        [7, 'Unknown'],
      ],
    );
  });

  it('keeps the status of earlier checks until the first new check', () => {
    assert.deepEqual(
      [
        ...parseStatus(
          csv([
            ['node7', 'UP', 'INI'],
            ['node8', 'DOWN', 'INI'],
          ]),
          new Map([
            [7, 'UP'],
            [8, 'UP'],
          ]),
        ),
      ],
      [
        [7, 'UP'],
        [8, 'DOWN'],
      ],
    );
  });
});
