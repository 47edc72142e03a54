// The walls of the house: which room may enter which. Read by eslint.config.js and by the test that plants violations.

/** room -> rooms that it may import, each by its door (index.ts). Packages are imported by name: see `packages`. */
export const mayImport = {
  terminal: [],
  engines: [],
  topology: ['engines'],
  linode: [],
  acme: ['linode'],
  machines: ['topology', 'engines'],
  secure: ['engines'],
  cluster: ['engines'],
  observe: ['topology', 'engines', 'linode', 'machines', 'cluster'],
  status: ['topology', 'engines', 'linode', 'machines', 'secure', 'cluster', 'observe'],
  operation: ['topology', 'engines', 'linode', 'acme', 'machines', 'secure', 'cluster', 'observe', 'status'],
  reconcile: ['topology', 'engines', 'linode', 'machines', 'secure', 'cluster', 'observe', 'status', 'operation'],
  operate: [
    'topology',
    'engines',
    'linode',
    'machines',
    'secure',
    'cluster',
    'observe',
    'status',
    'operation',
    'reconcile',
  ],
  proof: ['cluster'],
  drills: ['topology', 'engines', 'linode', 'machines', 'cluster', 'observe', 'operation', 'operate', 'proof'],
  cli: [
    'terminal',
    'topology',
    'engines',
    'linode',
    'machines',
    'secure',
    'cluster',
    'observe',
    'status',
    'operation',
    'reconcile',
    'operate',
    'proof',
    'drills',
  ],
};

/** package -> workspace packages whose code it may import. */
export const packages = {
  foundation: [],
  client: [],
  service: ['client'],
  gateway: ['client', 'foundation'],
  lab: ['foundation'],
  understudy: ['foundation', 'gateway', 'service', 'lab'],
};

const src = './packages/understudy/src';
const rooms = Object.keys(mayImport);

const roomZones = rooms.flatMap((room) =>
  rooms
    .filter((other) => other !== room)
    .map((other) =>
      mayImport[room].includes(other)
        ? {
            target: `${src}/${room}`,
            from: `${src}/${other}`,
            except: ['./index.ts'],
            message: `${room} enters ${other} only by its door, ${other}/index.ts.`,
          }
        : { target: `${src}/${room}`, from: `${src}/${other}`, message: `${room} must not import ${other}.` },
    ),
);

const packageNames = Object.keys(packages);
/** A package is entered by its name, whose exports are its doors; never by a path into its sources. */
const packageZones = packageNames.flatMap((name) =>
  packageNames
    .filter((other) => other !== name)
    .map((other) => ({
      target: `./packages/${name}/src`,
      from: `./packages/${other}`,
      ...(packages[name].includes(other)
        ? { except: ['./src/index.ts', './src/*/index.ts'], message: `${name} enters ${other} by its name.` }
        : { message: `${name} must not import ${other}.` }),
    })),
);

/** The region is usable without the machines under it. */
const regionZones = ['balancer', 'cache', 'host', 'image', 'machine', 'network', 'firewall'].map((part) => ({
  target: './packages/lab/src/region',
  from: `./packages/lab/src/${part}`,
  message: `region must not import ${part}: it runs in memory too.`,
}));

/** Planning is pure: it never imports what carries steps out. */
const planZone = {
  target: `${src}/reconcile/plan`,
  from: `${src}/reconcile/execute`,
  message: 'plan must not import execute.',
};

/** Benches use the tool as its own rooms do; what they print and how they end is theirs. */
const benchZones = [
  { target: './bench', from: `${src}/cli`, message: 'bench must not import cli.' },
  ...rooms
    .filter((room) => room !== 'cli')
    .map((room) => ({
      target: './bench',
      from: `${src}/${room}`,
      except: ['./index.ts'],
      message: `bench enters ${room} only by its door, ${room}/index.ts.`,
    })),
  {
    target: './bench',
    from: './packages/lab',
    except: ['./src/index.ts', './src/*/index.ts'],
    message: 'bench enters lab by its name.',
  },
];

/** Tests of the tool use the lab as its users do, by its doors. */
const testZones = [
  {
    target: './packages/understudy/test',
    from: './packages/lab/src',
    except: ['./index.ts', './*/index.ts'],
    message: 'tests of the tool enter lab by its name.',
  },
  {
    target: './packages/lab/test',
    from: './packages/understudy/src',
    message: 'tests of the lab must not import the tool.',
  },
];

export const zones = [...roomZones, ...packageZones, ...regionZones, planZone, ...benchZones, ...testZones];
