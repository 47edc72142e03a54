// The walls of the house: which room may open which door. Read by eslint.config.js and by the planted-violation test.

/** room -> rooms whose door (index.ts) it may import. `ground` is under every room and is not listed. */
export const mayImport = {
  topology: [],
  linode: [],
  machines: ['topology'],
  cluster: [],
  status: ['topology', 'linode', 'machines', 'cluster'],
  reconcile: ['topology', 'linode', 'machines', 'cluster', 'status'],
  drills: ['topology', 'linode', 'machines', 'cluster', 'status'],
  lab: [],
  cli: ['topology', 'linode', 'machines', 'cluster', 'status', 'reconcile', 'drills', 'lab'],
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

const groundZones = rooms.map((room) => ({
  target: `${src}/ground`,
  from: `${src}/${room}`,
  message: 'ground is under every room and imports none.',
}));

const packageZones = [
  { target: './packages/client', from: './packages/understudy', message: 'client imports no workspace package.' },
  { target: './packages/client', from: './packages/service', message: 'client imports no workspace package.' },
  { target: './packages/service', from: './packages/understudy', message: 'service imports only client.' },
];

export const zones = [...roomZones, ...groundZones, ...packageZones];
