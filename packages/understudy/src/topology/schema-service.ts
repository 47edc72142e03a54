// The `service:` section of the topology file.
import { z } from 'zod';
import { field } from './field.ts';
import { machineType, port, portText } from './schema-parts.ts';

export const service = z.strictObject({
  runtime: field(z.enum(['node', 'python']).default('node'), {
    about:
      'What runs the service: `node` brings the Node that runs this tool along as bin/node, `python` the wheels of ' +
      'requirements.txt beside the python3 of the image.',
    allowed: 'node or python',
    remedy: 'choose one of the two',
  }),
  artifact: field(z.string().min(1).default('builtin'), {
    about: 'The service itself: `builtin`, or a directory (relative to this file) that becomes the release.',
    examples: ['builtin', './service-python'],
    allowed: 'builtin or the path of a directory',
    remedy: 'leave it out for the service that comes with the tool',
  }),
  command: field(z.array(z.string().min(1)).min(1).optional(), {
    about: 'Start command of an artifact of your own; `{host}`, `{port}` and `{workers}` are filled in.',
    examples: [['gunicorn', '-w', '{workers}', '-b', '{host}:{port}', 'app:app']],
    allowed: 'a list of words',
    remedy: 'write each word as a list item, such as [gunicorn, -w, "{workers}", app:app]',
  }),
  instances: field(z.int().min(2).max(999).default(2), {
    about: 'Service machines behind the balancer; two at least.',
    allowed: 'a whole number, 2 at least',
    remedy: 'set 2: with one machine its death stops the service',
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
    remedy: 'leave it out for one a CPU',
  }),
  port: field(port.default(5000), { about: 'Port of the service inside the private network.', ...portText }),
  healthPath: field(z.string().startsWith('/').default('/healthz'), {
    about: 'Liveness path: what the balancer asks. It must not depend on the search engine.',
    allowed: 'a path that starts with /',
    remedy: 'leave it out for /healthz',
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
