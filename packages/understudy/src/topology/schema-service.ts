// The `service:` section of the topology file.
import { z } from 'zod';
import { field } from './field.ts';
import { machineType, port, portText } from './schema-parts.ts';

const rollout = z.strictObject({
  maxUnavailable: field(z.int().min(1).max(998).default(1), {
    about:
      'How many service machines may be out at once while a change is rolled; the first one is always changed alone, and one ' +
      'that is UP is always kept.',
    allowed: 'a whole number from 1, below service.instances',
    remedy: 'leave it out for 1',
  }),
  drainS: field(z.int().min(1).max(3600).default(30), {
    about:
      'Seconds that requests in flight have to end, from when the balancer sends no new ones. Connections that are still open ' +
      'then are closed.',
    allowed: 'a whole number from 1 to 3600',
    remedy: 'leave it out for 30, or set the length of your longest request',
  }),
  steadyS: field(z.int().min(1).max(600).default(5), {
    about: 'Seconds that a changed machine must be UP, with the same process, before the next one is changed.',
    allowed: 'a whole number from 1 to 600',
    remedy: 'leave it out for 5',
  }),
  canaryS: field(z.int().min(1).max(3600).default(10), {
    about:
      'Seconds for which the first changed machine is compared with another one: answers to the health paths, their latency, its ' +
      'process and its status at the balancer.',
    allowed: 'a whole number from 1 to 3600',
    remedy: 'leave it out for 10',
  }),
  paths: field(z.array(z.string().startsWith('/')).max(10).default([]), {
    about:
      'Further paths that a changed machine must answer with a status under 400, to a GET without a login from the machine itself: ' +
      'before users get there again, and once a second while it is watched and compared. Requests of users are not read, so name a ' +
      'page for each thing that your application does.',
    examples: [['/search?q=test', '/documents/1']],
    allowed: 'up to 10 paths that start with /',
    remedy: 'leave it out, or name pages that need no login and change nothing',
  }),
});

const gatewayOptions = z.strictObject({
  deadlineMs: field(z.int().min(100).max(600_000).default(30_000), {
    about: 'Milliseconds that a request has which brings no X-Understudy-Deadline-Ms of its own.',
    allowed: 'a whole number from 100 to 600000',
    remedy: 'leave it out for 30000, or set less than your client waits',
  }),
});

const tokens = z.strictObject({
  jwks: z.url({ protocol: /^https$/ }),
  issuer: z.string().min(1),
  audience: z.string().min(1),
});

export type GatewayOptions = z.output<typeof gatewayOptions>;
export const gatewayDefaults: GatewayOptions = gatewayOptions.parse({});

export const service = z.strictObject({
  runtime: field(z.enum(['node', 'python', 'go', 'binary', 'none']).default('node'), {
    about:
      'What runs the service: `node` brings a Node as bin/node and the packages of package-lock.json, `python` a virtual environment ' +
      'with the wheels of requirements.txt, `go` the programs of a module, built where this tool runs. `binary` and `none` take the ' +
      'directory as it is; `binary` wants a program for Linux on x86_64 as the start command.',
    allowed: 'node, python, go, binary or none',
    remedy: 'choose one of them; none takes a directory as it is',
  }),
  python: field(
    z
      .string()
      .regex(/^3\.\d{1,2}$/)
      .optional(),
    {
      about: "Version of the machines' python3, for which wheels are chosen. Default: that of `image`.",
      examples: ['3.13'],
      allowed: "two numbers in quotes, such as '3.13': without quotes YAML reads 3.10 as 3.1",
      remedy: 'leave it out, unless the image is your own',
    },
  ),
  artifact: field(z.string().min(1).default('builtin'), {
    about: 'The service itself: `builtin`, or a directory (relative to this file) that becomes the release.',
    examples: ['builtin', './service-python'],
    allowed: 'builtin or the path of a directory',
    remedy: 'leave it out for the service that comes with the tool',
  }),
  command: field(z.array(z.string().min(1)).min(1).optional(), {
    about:
      'Start command of an artifact of your own; `{host}`, `{port}` and `{workers}` are filled in, `{{word}}` stays `{word}`. The ' +
      "program is looked for in the release (venv/bin, node_modules/.bin, bin, the directory itself), then among the image's own. " +
      'Default: what `npm start` runs, or the one program of a Go module.',
    examples: [['gunicorn', '-w', '{workers}', '-b', '{host}:{port}', 'app:app']],
    allowed: 'a list of words',
    remedy: 'write each word as a list item, such as [gunicorn, -w, "{workers}", app:app]',
  }),
  instances: field(z.int().min(2).max(999).default(2), {
    about: 'Service machines behind the balancer; two at least.',
    allowed: 'a whole number, 2 at least',
    remedy: 'set 2: with one machine, its failure stops the service',
  }),
  machineType: field(machineType.default('g6-standard-2'), {
    about: 'Linode type of the service machines.',
    examples: ['g6-standard-2'],
    allowed: 'the id of a Linode type, such as g6-standard-2',
    remedy: 'take an id from `linode-cli linodes types`',
  }),
  workers: field(z.int().min(1).max(64).optional(), {
    about: "Processes on each service machine. Default: the machine type's number of CPUs.",
    allowed: 'a whole number from 1 to 64',
    remedy: 'leave it out for one process for each CPU',
  }),
  port: field(port.default(5000), { about: 'Port of the service inside the private network.', ...portText }),
  healthPath: field(z.string().startsWith('/').default('/healthz'), {
    about: 'Liveness path: the health check of the balancer requests it. It must not depend on the search engine.',
    allowed: 'a path that starts with /',
    remedy: 'leave it out for /healthz',
  }),
  readyPath: field(z.string().startsWith('/').optional(), {
    about:
      'Readiness path: asked by the tool on a machine that it has started, before users get there. It may depend on the search ' +
      'engine, and then nothing is rolled while that is down. Default: only the health path is asked.',
    examples: ['/readyz'],
    allowed: 'a path that starts with /',
    remedy: 'leave it out, or name a path that answers 2xx when the service can serve',
  }),
  startS: field(z.int().min(1).max(3600).default(60), {
    about: 'Seconds that the service has from its start to the first good answer.',
    allowed: 'a whole number from 1 to 3600',
    remedy: 'leave it out for 60',
  }),
  stopS: field(z.int().min(1).max(3600).default(40), {
    about: 'Seconds that the service has to end after SIGTERM; then it gets SIGKILL.',
    allowed: 'a whole number from 1 to 3600',
    remedy: 'leave it out for 40',
  }),
  rollout: field(rollout.prefault({}), {
    about: 'How a change of the service is rolled over its machines.',
    examples: [{ maxUnavailable: 2, drainS: 60 }],
    allowed: 'a mapping with maxUnavailable, drainS, steadyS, canaryS, paths',
    remedy: 'leave it out: one machine after the other',
  }),
  gateway: field(z.union([z.enum(['on', 'off']), gatewayOptions]).optional(), {
    about:
      "The gateway on each service machine: the engine's own API on http://localhost:9200, where ES_HOST points, with failover and " +
      'safe retries for applications in any language. Default: `on` for an artifact of your own; the built-in service has none.',
    examples: ['on', 'off', { deadlineMs: 10_000 }],
    allowed: 'on, off, or a mapping with deadlineMs',
    remedy: 'leave it out for on, or write off when the application needs no gateway',
  }),
  auth: field(z.union([z.enum(['keys', 'public']), tokens]).optional(), {
    about:
      'Who may call the service. `keys`: holders of a key that `understudy keys create` has made. A mapping: the same, and holders of a ' +
      'token of this issuer, verified by its published keys. `public`: everybody who reaches the balancer may read, write and delete. ' +
      'Default: `keys` for the built-in service; an artifact of your own decides by itself, unless it reads what docs/your-app.md says.',
    examples: [
      'keys',
      { jwks: 'https://login.example.org/jwks', issuer: 'https://login.example.org/', audience: 'search' },
    ],
    allowed: 'keys, public, or a mapping with jwks (an https URL), issuer and audience',
    remedy: 'leave it out for keys',
  }),
  environment: field(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}), {
    about: 'Environment variables of the service.',
    examples: [{ LOG_LEVEL: 'info' }],
    allowed: 'a mapping of names to text',
    remedy: 'write NAME: value lines',
  }),
  secrets: field(z.record(z.string(), z.string().min(1)).default({}), {
    about:
      'Environment variables whose values are secret: each names a file (relative to this one) that holds the value and that ' +
      'only its owner may read.',
    examples: [{ ES_PASSWORD: './secrets/es-password' }],
    allowed: 'a mapping of names to paths',
    remedy: 'write NAME: ./file lines',
  }),
});
