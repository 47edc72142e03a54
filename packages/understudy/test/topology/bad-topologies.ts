// Topologies that are refused: each is a good one with something changed, the field that must be named and its line.
import { badCertificates } from './bad-certificates.ts';
import { badCommands } from './bad-commands.ts';

export interface BadTopology {
  readonly title: string;
  readonly text: string;
  /** The field named first; empty for the file as a whole. */
  readonly field: string;
  readonly line: number;
  /** Found in the problem's message or remedy. */
  readonly says: RegExp;
}

/** `extra` follows the four lines of the smallest useful file, so that its first line is line 5. */
export function extended(title: string, extra: string, field: string, line: number, says: RegExp): BadTopology {
  return { title, text: `${smallest}${extra}`, field, line, says };
}

export function whole(title: string, text: string, field: string, line: number, says: RegExp): BadTopology {
  return { title, text, field, line, says };
}

export const smallest = `name: demo
region: us-ord
search: { version: 9.5.3 }
access: { adminNetworks: [203.0.113.7/32] }
`;

const replaced = (line: number, text: string) => {
  const lines = smallest.split('\n');
  lines[line - 1] = text;
  return lines.join('\n');
};
export const withSearch = (rest: string) => replaced(3, `search: { version: 9.5.3, ${rest} }`);
const withAccess = (networks: string) => replaced(4, `access: { adminNetworks: ${networks} }`);

export const badTopologies: readonly BadTopology[] = [
  // The file as text.
  whole('an empty file', '', '', 1, /nothing in it/),
  whole('only comments', '# nothing\n\n', '', 1, /nothing in it/),
  whole('a list', '- name: demo\n', '', 1, /mapping of fields/),
  whole('a single value', 'demo\n', '', 1, /mapping of fields/),
  whole('two documents', `${smallest}---\nname: other\n`, '', 5, /only the first/),
  whole('a key twice', `${smallest}region: us-iad\n`, '', 5, /remove one/),
  whole('a tab as indentation', `${smallest}service:\n\tport: 5000\n`, '', 6, /two spaces/),
  whole('text that is no YAML', `${smallest}service: { port: 5000\n`, '', 6, /correct the line/),
  whole('an alias to nothing', `${smallest}network: *shared\n`, '', 5, /&shared/),
  // Names of fields.
  extended('a misspelt field', 'balanser: {}\n', 'balanser', 5, /did you mean balancer\?/),
  extended('a misspelt field below', 'service:\n  instance: 3\n', 'service.instance', 6, /did you mean instances\?/),
  extended('snake case', 'service:\n  machine_type: g6-standard-2\n', 'service.machine_type', 6, /mean machineType\?/),
  extended('an unknown field', 'colour: red\n', 'colour', 5, /remove it/),
  extended(
    'a key of a listener',
    'balancer:\n  listeners:\n    - prot: 80\n',
    'balancer.listeners.0.port',
    7,
    /required/,
  ),
  // Name, region, image.
  whole('no name', smallest.replace('name: demo\n', '# no name\n'), 'name', 2, /it is required/),
  whole('a name too long', replaced(1, 'name: a-name-of-seventeen'), 'name', 1, /longer than 16/),
  whole('capitals in the name', replaced(1, 'name: Demo'), 'name', 1, /simpler/),
  whole('a name that ends in a dash', replaced(1, 'name: demo-'), 'name', 1, /simpler/),
  whole('a number as name', replaced(1, 'name: 12'), 'name', 1, /not a string/),
  whole('a region that is none', replaced(2, 'region: Chicago'), 'region', 2, /regions list/),
  extended('an image that is none', 'image: debian13\n', 'image', 5, /linode\/debian13/),
  // The cluster.
  whole('no version', replaced(3, 'search: { nodes: 3 }'), 'search.version', 3, /required/),
  whole('two search machines', withSearch('nodes: 2'), 'search.nodes', 3, /majority/),
  whole('one search machine', withSearch('nodes: 1'), 'search.nodes', 3, /majority/),
  whole('four search machines', withSearch('nodes: 4'), 'search.nodes', 3, /tiebreaker/),
  whole('seven search machines in one strict group', withSearch('nodes: 7'), 'search.nodes', 3, /flexible/),
  whole('no replica', withSearch('index: { replicas: 0 }'), 'search.index.replicas', 3, /loses documents/),
  whole(
    'as many replicas as machines',
    withSearch('index: { replicas: 3 }'),
    'search.index.replicas',
    3,
    /never be green/,
  ),
  whole(
    'an unknown durability',
    withSearch('index: { durability: never }'),
    'search.index.durability',
    3,
    /leave it out for request/,
  ),
  whole('a recovery that stands still', withSearch('recoveryMb: 0'), 'search.recoveryMb', 3, /leave it out/),
  whole('no shard', withSearch('index: { shards: 0 }'), 'search.index.shards', 3, /below 1/),
  whole('capitals in the index', withSearch('index: { name: Documents }'), 'search.index.name', 3, /another name/),
  whole('an unknown engine', withSearch('engine: solr'), 'search.engine', 3, /one of them/),
  whole(
    'a version of the other engine',
    withSearch('engine: opensearch'),
    'search.version',
    3,
    /engine: elasticsearch/,
  ),
  whole('a short version', replaced(3, 'search: { version: "9.5" }'), 'search.version', 3, /three numbers/),
  whole(
    'a version that YAML reads as a number',
    replaced(3, 'search: { version: 9.5 }'),
    'search.version',
    3,
    /not a string/,
  ),
  whole('an old version', replaced(3, 'search: { version: 7.17.0 }'), 'search.version', 3, /elasticsearch 9/),
  whole('an unknown failover profile', withSearch('failover: faster'), 'search.failover', 3, /fast/),
  whole('a heap without a unit', withSearch('heap: 512'), 'search.heap', 3, /m or g/),
  whole('a heap above half of the memory', withSearch('heap: 5g'), 'search.heap', 3, /file cache/),
  whole(
    'a heap above 31g',
    withSearch('heap: 32g, machineType: g6-standard-32'),
    'search.heap',
    3,
    /compressed pointers/,
  ),
  whole('a heap too small', withSearch('heap: 128m'), 'search.heap', 3, /256m/),
  whole('an unknown type without a heap', withSearch('machineType: g9-standard-4'), 'search.heap', 3, /not known/),
  // The service.
  extended('one service machine', 'service: { instances: 1 }\n', 'service.instances', 5, /failure stops the service/),
  extended(
    'six service machines in one strict group',
    'service: { instances: 6 }\n',
    'service.instances',
    5,
    /flexible/,
  ),
  extended(
    'a rollout of all machines',
    'service:\n  rollout: { maxUnavailable: 2 }\n',
    'service.rollout.maxUnavailable',
    6,
    /one at least/,
  ),
  extended('a readiness path with a space', "service: { readyPath: '/a b' }\n", 'service.readyPath', 5, /%20/),
  extended('a quote', `service: { rollout: { paths: ["/it's"] } }\n`, 'service.rollout.paths.0', 5, /stands/),
  extended('no worker', 'service: { workers: 0 }\n', 'service.workers', 5, /below 1/),
  extended('too many workers', 'service: { workers: 65 }\n', 'service.workers', 5, /above 64/),
  extended('workers of an unknown type', 'service: { machineType: g9-tiny-1 }\n', 'service.workers', 5, /CPUs/),
  extended('the port of SSH', 'service: { port: 22 }\n', 'service.port', 5, /SSH/),
  extended('the port of the engine', 'service:\n  port: 9200\n', 'service.port', 6, /engine/),
  extended('a privileged port', 'service: { port: 80 }\n', 'service.port', 5, /root/),
  extended('a port that is none', 'service: { port: 70000 }\n', 'service.port', 5, /above 65535/),
  extended('a health path without a slash', 'service: { healthPath: healthz }\n', 'service.healthPath', 5, /healthz/),
  extended(
    'a health path that Linode refuses',
    'service: { healthPath: /health_z }\n',
    'service.healthPath',
    5,
    /no other character/,
  ),
  extended(
    'an artifact without a command',
    'service: { artifact: ./mine, runtime: python }\n',
    'service.command',
    5,
    /needs a start command/,
  ),
  extended(
    'a command for the builtin',
    'service: { command: [run] }\n',
    'service.command',
    5,
    /has its own start command/,
  ),
  extended('a gateway for the builtin', 'service: { gateway: on }\n', 'service.gateway', 5, /has the client in it/),
  extended(
    'a gateway that is neither on nor off',
    'service: { artifact: ./mine, command: [./run], gateway: maybe }\n',
    'service.gateway',
    5,
    /leave it out for on/,
  ),
  extended(
    'a deadline of the gateway beyond its bounds',
    'service: { artifact: ./mine, command: [./run], gateway: { deadlineMs: 10 } }\n',
    'service.gateway.deadlineMs',
    5,
    /leave it out for 30000/,
  ),
  extended('python without an artifact', 'service: { runtime: python }\n', 'service.artifact', 5, /runs on node/),
  extended('an unknown runtime', 'service: { runtime: ruby }\n', 'service.runtime', 5, /choose one of them/),
  ...badCommands(smallest),
  extended(
    'a version of Python that YAML shortens',
    'service: { artifact: ./mine, runtime: python, command: [run], python: 3.10 }\n',
    'service.python',
    5,
    /leave it out/,
  ),
  extended(
    'a version of Python without Python',
    "service: { artifact: ./mine, python: '3.12' }\n",
    'service.python',
    5,
    /only the runtime python/,
  ),
  extended(
    'an image whose Python is not known',
    'image: linode/arch\nservice: { artifact: ./mine, runtime: python, command: [run] }\n',
    'service.python',
    6,
    /one version of Python/,
  ),
  extended('a bad variable', 'service:\n  environment:\n    A-B: x\n', 'service.environment.A-B', 7, /rename/),
  extended(
    'a reserved variable',
    'service:\n  environment:\n    LOG_LEVEL: info\n    WORKERS: 9\n',
    'service.environment.WORKERS',
    8,
    /the tool sets/,
  ),
  extended(
    'a variable of two lines',
    'service:\n  environment:\n    A: "x\\ny"\n',
    'service.environment.A',
    7,
    /one line/,
  ),
  extended('a list as a variable', 'service:\n  environment:\n    A: [x]\n', 'service.environment.A', 7, /NAME: value/),
  extended('a bad secret name', 'service:\n  secrets:\n    A-B: ./x\n', 'service.secrets.A-B', 7, /rename/),
  extended('a reserved secret', 'service:\n  secrets:\n    PORT: ./x\n', 'service.secrets.PORT', 7, /the tool sets/),
  extended(
    'a variable that is also a secret',
    'service:\n  environment: { KEY: x }\n  secrets: { KEY: ./x }\n',
    'service.secrets.KEY',
    7,
    /which of the two/,
  ),
  // The balancer.
  extended('no health check', 'balancer:\n  check:\n    type: none\n', 'balancer.check.type', 7, /failed machine/),
  extended(
    'an interval not above the time-out',
    'balancer:\n  check:\n    intervalS: 2\n',
    'balancer.check.intervalS',
    7,
    /set intervalS to 4/,
  ),
  extended(
    'a time-out above the interval',
    'balancer:\n  check:\n    timeoutS: 9\n',
    'balancer.check.intervalS',
    6,
    /shorter timeoutS/,
  ),
  extended(
    "an interval out of Linode's range",
    'balancer:\n  check:\n    intervalS: 1\n',
    'balancer.check.intervalS',
    7,
    /below 2/,
  ),
  extended(
    "a time-out out of Linode's range",
    'balancer:\n  check: { timeoutS: 31, intervalS: 60 }\n',
    'balancer.check.timeoutS',
    6,
    /above 30/,
  ),
  extended(
    "attempts out of Linode's range",
    'balancer:\n  check: { attempts: 0 }\n',
    'balancer.check.attempts',
    6,
    /below 1/,
  ),
  extended(
    'http_body without a body',
    'balancer: { check: { type: http_body } }\n',
    'balancer.check.body',
    5,
    /set body/,
  ),
  extended(
    'a body without http_body',
    'balancer: { check: { body: ok } }\n',
    'balancer.check.body',
    5,
    /reads no body/,
  ),
  extended(
    'a path of a connection check',
    'balancer: { check: { type: connection, path: / } }\n',
    'balancer.check.path',
    5,
    /no path/,
  ),
  extended('no listener', 'balancer: { listeners: [] }\n', 'balancer.listeners', 5, /too short/),
  extended(
    'https without a certificate',
    'balancer:\n  listeners:\n    - { port: 443, protocol: https }\n',
    'balancer.listeners.0.certificate',
    7,
    /self-signed/,
  ),
  extended(
    'http with a certificate',
    'balancer:\n  listeners:\n    - { port: 80, certificate: self-signed }\n',
    'balancer.listeners.0.certificate',
    7,
    /http would not/,
  ),
  ...badCertificates(smallest),
  extended(
    'a certificate without its key',
    'balancer:\n  listeners:\n    - port: 443\n      protocol: https\n      certificate:\n        certPath: a.pem\n',
    'balancer.listeners.0.certificate.keyPath',
    9,
    /required/,
  ),
  extended(
    'a port twice',
    'balancer:\n  listeners:\n    - { port: 80 }\n    - { port: 80 }\n',
    'balancer.listeners.1.port',
    8,
    /share a port/,
  ),
  extended(
    'a protocol that users do not speak',
    'balancer:\n  listeners:\n    - { port: 80, protocol: tcp }\n',
    'balancer.listeners.0.protocol',
    7,
    /one of the two/,
  ),
  // Addresses.
  extended('a public range', 'network: { range: 203.0.113.0/24 }\n', 'network.range', 5, /RFC 1918/),
  extended(
    "Linode's own private range",
    'network: { range: 192.168.0.0/16 }\n',
    'network.range',
    5,
    /192\.168\.128\.0\/17/,
  ),
  extended('a range too small', 'network: { range: 10.20.0.0/28 }\n', 'network.range', 5, /set a range of \/26/),
  extended(
    'a range too small for the machines',
    'placement: { policy: flexible }\nservice: { instances: 300 }\nnetwork: { range: 10.20.0.0/24 }\n',
    'network.range',
    7,
    /set a range of \/22/,
  ),
  extended('a range with host bits', 'network: { range: 10.20.0.1/24 }\n', 'network.range', 5, /10\.20\.0\.0\/24/),
  extended('an address that is none', 'network: { range: 10.20.0.256/24 }\n', 'network.range', 5, /correct/),
  extended('a prefix that is none', 'network: { range: 10.20.0.0/33 }\n', 'network.range', 5, /correct/),
  extended('a range without a prefix', 'network: { range: 10.20.0.0 }\n', 'network.range', 5, /\/26/),
  extended(
    'a balancer range outside',
    'network: { balancerRange: 10.21.0.0/30 }\n',
    'network.balancerRange',
    5,
    /outside/,
  ),
  extended(
    'a balancer range among the machines',
    'network: { balancerRange: 10.20.0.8/30 }\n',
    'network.balancerRange',
    5,
    /machines/,
  ),
  extended(
    'a balancer range in the reserved end',
    'network: { balancerRange: 10.20.0.252/30 }\n',
    'network.balancerRange',
    5,
    /reserved/,
  ),
  extended(
    'a balancer range of another size',
    'network: { balancerRange: 10.20.0.240/29 }\n',
    'network.balancerRange',
    5,
    /four addresses/,
  ),
  whole('no admin network', withAccess('[]'), 'access.adminNetworks', 4, /own public address/),
  whole('the whole Internet as admin', withAccess('[0.0.0.0/0]'), 'access.adminNetworks.0', 4, /whole Internet/),
  whole(
    'half the Internet as admin',
    withAccess('[203.0.113.7/32, 128.0.0.0/1]'),
    'access.adminNetworks.1',
    4,
    /large part/,
  ),
  whole('an admin address without a prefix', withAccess('[203.0.113.7]'), 'access.adminNetworks.0', 4, /\/32/),
  whole(
    'an admin network with host bits',
    withAccess('[203.0.113.7/24]'),
    'access.adminNetworks.0',
    4,
    /203\.0\.113\.0\/24/,
  ),
  whole('an IPv6 admin network', withAccess('["2001:db8::/32"]'), 'access.adminNetworks.0', 4, /\/32/),
  whole('no access', smallest.replace(/access.*\n/, ''), 'access', 1, /own address/),
];
