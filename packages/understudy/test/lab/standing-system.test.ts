// One system on real machines for all tests that find it running and leave it as it was: the commands of an operator, callers of the
// service, exchanges of keys, drills, and last who reaches what. Needs root, and no lab on this host.
import { after, before } from 'node:test';
import { callersOn } from './standing/callers.ts';
import { doorsOf } from './standing/doors.ts';
import { drillsOn } from './standing/drills.ts';
import { operatedBy } from './standing/operate.ts';
import { rotationsOn } from './standing/rotation.ts';
import { startStandingSystem, type StandingSystem } from './standing/system.ts';

let started: StandingSystem;
const system = (): StandingSystem => started;

before(async () => {
  started = await startStandingSystem();
});

after(async () => {
  await started[Symbol.asyncDispose]();
});

operatedBy(system);
callersOn(system);
rotationsOn(system);
drillsOn(system);
doorsOf(system);
