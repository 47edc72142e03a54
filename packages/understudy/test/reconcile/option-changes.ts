// For every option of the topology file another valid value, and the values that both files need with it. An option that is not
// here fails the test that reads this table.

export interface OptionChange {
  /** The value before; the default, or what the common file has, when left out. */
  readonly from?: unknown;
  readonly to: unknown;
  /** Set on both sides, by path. */
  readonly beside?: Readonly<Record<string, unknown>>;
  /** Set on the changed side alone, where the option cannot change by itself. */
  readonly together?: Readonly<Record<string, unknown>>;
  /** Its effect needs more than a simulated region: the test that has it. */
  readonly testedIn?: string;
}

const https = (certificate: unknown) => [{ port: 443, protocol: 'https', certificate }];
const goal = (name: string, from: number, to: number): Readonly<Record<string, OptionChange>> => ({
  [`drills.goals.*.${name}`]: {
    from: { 'search-stop': { [name]: from } },
    to: { 'search-stop': { [name]: to } },
  },
});
const pem = (certPath: string, keyPath: string) => ({ certPath: `tls/${certPath}`, keyPath: `tls/${keyPath}` });

/** The file has an application of its own, which makes its index itself unless a template is asked for. */
const builtInTemplate = { 'search.index.template': 'built-in' };
const indexInList = (name: string, to: unknown): Readonly<Record<string, OptionChange>> => {
  const base = { name: 'a', template: 'built-in' };
  return { [`search.indices[].${name}`]: { from: [base], to: [{ ...base, [name.replace('[]', '')]: to }] } };
};

function tokensOf(name: string, to: string): Readonly<Record<string, OptionChange>> {
  const from = { jwks: 'https://login.example.org/jwks', issuer: 'https://login.example.org/', audience: 'search' };
  return { [`service.auth.${name}`]: { from: { ...from }, to: { ...from, [name]: to } } };
}

const write = {
  path: '/index',
  body: { id: '{id}', text: '{content}' },
  proof: { at: '/result', is: ['created'] },
};
const get = { path: '/documents/{id}', content: '/text' };
const search = { method: 'POST', path: '/search?q={word}', body: { word: '{word}' }, hits: '/hits' };
/** Each is `drills.workload` as a whole, with one part changed. */
function inWorkload(changes: Readonly<Record<string, object>>): Readonly<Record<string, OptionChange>> {
  const from = { write, get, search, stored: { content: '/text' } };
  return Object.fromEntries(
    Object.entries(changes).map(([option, change]) => [
      `drills.workload.${option}`,
      { from, to: { ...from, ...change } },
    ]),
  );
}

/** Option, as `search.index.name`, `balancer.listeners[].port`, `service.environment.*`; a list or mapping is set as a whole. */
export const optionChanges: Readonly<Record<string, OptionChange>> = {
  name: { to: 'other' },
  region: { to: 'fr-par' },
  image: { to: 'linode/ubuntu24.04' },
  'placement.policy': { to: 'flexible' },
  'network.range': { to: '10.30.0.0/24' },
  'network.balancerRange': { to: '10.20.0.240/30' },
  'search.engine': { to: 'opensearch', together: { 'search.version': '3.4.0' } },
  'search.version': { to: '9.5.2' },
  'search.nodes': { to: 5 },
  'search.machineType': { to: 'g6-dedicated-4', beside: { 'search.heap': '1g' } },
  'search.heap': { to: '1g' },
  'search.security': { to: 'on' },
  'search.failover': { to: 'stock' },
  'search.recoveryMb': { to: 100 },
  'search.index.name': { to: 'articles', beside: builtInTemplate },
  'search.index.shards': { to: 5, beside: builtInTemplate },
  'search.index.replicas': { to: 2, beside: builtInTemplate },
  'search.index.durability': { to: 'async', beside: builtInTemplate },
  'search.index.template': { to: './index.json' },
  'search.index.aliases[]': { to: ['docs'], beside: builtInTemplate },
  ...indexInList('name', 'b'),
  ...indexInList('shards', 5),
  ...indexInList('replicas', 2),
  ...indexInList('durability', 'async'),
  ...indexInList('template', './index.json'),
  ...indexInList('aliases[]', ['docs']),
  'service.runtime': { to: 'node' },
  'service.python': { to: '3.12' },
  'service.artifact': { to: './other-service' },
  'service.command[]': { to: ['./start', '--fast'] },
  'service.instances': { to: 3 },
  'service.machineType': { to: 'g6-standard-4', beside: { 'service.workers': 2 } },
  'service.workers': { to: 3 },
  'service.port': { to: 5001 },
  'service.healthPath': { to: '/live', beside: { 'balancer.check.path': undefined } },
  'service.readyPath': { to: '/readyz' },
  'service.startS': { to: 90 },
  'service.stopS': { to: 50 },
  'service.rollout.maxUnavailable': { to: 2, beside: { 'service.instances': 3 } },
  'service.rollout.drainS': { to: 60 },
  'service.rollout.steadyS': { to: 7 },
  'service.rollout.canaryS': { to: 20 },
  'service.rollout.paths[]': { to: ['/search?q=test'] },
  'service.gateway': { to: 'on' },
  'service.gateway.deadlineMs': { from: 'on', to: { deadlineMs: 10_000 } },
  'service.auth': { to: 'public' },
  ...tokensOf('jwks', 'https://other.example.org/jwks'),
  ...tokensOf('issuer', 'https://other.example.org/'),
  ...tokensOf('audience', 'other'),
  'service.environment.*': { from: { LOG_LEVEL: 'info' }, to: { LOG_LEVEL: 'debug' } },
  'service.secrets.*': { from: { KEY: './secrets/one' }, to: { KEY: './secrets/two' } },
  'balancer.listeners[].port': { to: [{ port: 8080 }] },
  'balancer.listeners[].protocol': {
    from: [{ port: 443 }],
    to: https('self-signed'),
  },
  'balancer.listeners[].certificate': { from: https('self-signed'), to: https(pem('one.pem', 'one.key')) },
  'balancer.listeners[].certificate.certPath': {
    from: https(pem('one.pem', 'one.key')),
    to: https(pem('one-again.pem', 'one.key')),
  },
  'balancer.listeners[].certificate.keyPath': {
    from: https(pem('one.pem', 'one.key')),
    to: https(pem('one.pem', 'one-again.key')),
  },
  'balancer.listeners[].certificate.acme.domains[]': { to: [], testedIn: 'test/acme/apply.test.ts' },
  'balancer.listeners[].certificate.acme.email': { to: 'ops@example.org', testedIn: 'test/acme/apply.test.ts' },
  'balancer.listeners[].certificate.acme.directory': { to: 'staging', testedIn: 'test/acme/apply.test.ts' },
  // There is one value alone.
  'balancer.listeners[].certificate.acme.challenge': { to: 'http-01', testedIn: 'test/acme/http-01.test.ts' },
  'balancer.backends': { to: 'private' },
  'balancer.algorithm': { to: 'roundrobin' },
  'balancer.stickiness': { to: 'table' },
  'balancer.allow[]': { to: ['203.0.113.0/24'] },
  'balancer.connectionsPerSecond': { to: 20 },
  'balancer.check.type': { to: 'connection' },
  'balancer.check.path': { to: '/ping' },
  'balancer.check.body': { from: 'ok', to: 'fine', beside: { 'balancer.check.type': 'http_body' } },
  'balancer.check.intervalS': { to: 5 },
  'balancer.check.timeoutS': { to: 1 },
  'balancer.check.attempts': { to: 3 },
  'balancer.check.passive': { to: true },
  'access.sshKeys[]': { from: ['keys/one.pub'], to: ['keys/two.pub'] },
  'access.adminNetworks[]': { to: ['192.0.2.0/24'] },
  ...goal('longestWriteGapMs', 4000, 4001),
  ...goal('longestReadGapMs', 4000, 4001),
  ...goal('clientErrorRatio', 0.1, 0.2),
  ...goal('recoveryTimeMs', 4000, 4001),
  ...goal('reprotectedMs', 4000, 4001),
  'drills.snapshot': { to: 'not-required' },
  'drills.snapshot.maxAgeHours': { to: { maxAgeHours: 48 } },
  'drills.allowSelfPowerCut': { to: true },
  ...inWorkload({
    'write.method': { write: { ...write, method: 'PUT' } },
    'write.path': { write: { ...write, path: '/documents' } },
    'write.body.*': { write: { ...write, body: { id: '{id}', content: '{content}' } } },
    'write.acknowledged[]': { write: { ...write, acknowledged: [202] } },
    'write.rejected[]': { write: { ...write, rejected: [409] } },
    'write.proof.at': { write: { ...write, proof: { at: '/other', is: ['created'] } } },
    'write.proof.is[]': { write: { ...write, proof: { at: '/result', is: ['updated'] } } },
    'write.rewrites': { write: { ...write, rewrites: false } },
    'get.path': { get: { ...get, path: '/d/{id}' } },
    'get.content': { get: { ...get, content: '/other' } },
    'get.answered[]': { get: { ...get, answered: [203] } },
    'get.absent[]': { get: { ...get, absent: [410] } },
    'search.method': { search: { ...search, method: 'GET', body: undefined } },
    'search.path': { search: { ...search, path: '/find?q={word}' } },
    'search.body.*': { search: { ...search, body: { q: '{word}' } } },
    'search.answered[]': { search: { ...search, answered: [203] } },
    'search.hits': { search: { ...search, hits: '/other' } },
    'stored.content': { stored: { content: '/other' } },
  }),
};
