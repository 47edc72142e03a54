// Which test files `npm test` leaves out, and why: the rest ends within a minute on two cores. Measured in processor time, file by
// file; a file of more than about 3 s stands here, alone or with its folder.

/** Part of a path -> reason, as it is printed. */
export const slowTests: Readonly<Record<string, string>> = {
  '/test/lab/': 'needs root and machines of the lab',
  'understudy/test/house/': 'type checker, linter and formatter over the workspace',
  'understudy/test/drills/run/': 'runs complete drills, in real time',
  'understudy/test/cluster/': 'starts real engines',
  'understudy/test/secure/': 'starts real engines, runs openssl, and hashes passwords',
  'understudy/test/status/findings-real': 'starts real engines',
  'understudy/test/engines/start-refusals-real': 'starts a real engine again and again',
  'understudy/test/reconcile/': 'applies topologies to a simulated region, hundreds of times',
  'understudy/test/acme/': 'builds and starts a certificate authority',
  'understudy/test/secrets/': 'applies topologies to a simulated region',
  'understudy/test/operate/rotation': 'applies topologies to a simulated region, with certificates',
  'understudy/test/operate/rotate-service-keys': 'applies topologies to a simulated region',
  'understudy/test/cli/': 'starts the command line many times',
  'understudy/test/machines/install-engine': 'runs scripts in a temporary Debian system',
  'understudy/test/machines/set-data-aside': 'runs scripts in a temporary Debian system',
  'understudy/test/machines/ssh-': 'starts an SSH server',
  'understudy/test/machines/observe': 'runs scripts in a temporary Debian system',
  'understudy/test/observe/': 'starts an SSH server',
  'understudy/test/proof/load/generator': 'sends a workload in real time',
  'understudy/test/bench/smoke': 'starts every bench',
  'understudy/test/linode-against-lab': 'calls every operation of the region',
  'understudy/test/openapi-conformance': 'checks every request against the OpenAPI file',
  'understudy/test/operation/gateway-release': 'packs and unpacks a whole Node',
  'understudy/test/packed/': 'packs, installs and runs the tool on two versions of Node',
  'client/test/pack': 'packs and installs the package',
  'client/test/stress': 'sends requests for a long time',
  'client/test/simulation/': 'simulates failovers for many seeds',
  'client/test/wrong-answers/': 'starts servers that answer wrongly, in real time',
  'client/test/json/exact-json': 'parses random documents',
  'service/test/contract': 'starts a real engine and both services',
  'service/test/fuzz': 'starts a real engine',
  'service/test/queue/write-queue': 'starts a real engine',
  'service/test/relay': 'starts a real engine',
  'service/test/supervisor': 'starts worker processes, in real time',
  'gateway/test/engine/': 'starts real engines',
  'gateway/test/wrong-answers': 'starts servers that answer wrongly, in real time',
  'gateway/test/process': 'starts the command again and again, in real time',
  'lab/test/region/api/clients': "installs Linode's own clients from PyPI",
  'lab/test/region/api/life-cycle': 'waits for simulated machines',
  'lab/test/daemon/': 'starts the daemon',
  'lab/test/engine/supply': 'builds packages',
  'service/test/release/examples': 'builds releases with pip, npm and go',
  'service/test/release/python': 'asks a package index',
};

/** The reason why a file is not among the fast tests; undefined for one that is. */
export function slowReason(path: string): string | undefined {
  return Object.entries(slowTests).find(([part]) => path.includes(part))?.[1];
}
