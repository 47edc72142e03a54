// Boots one machine in a process of its own and then waits to be killed: arguments are directories, image root and specification.
import { silentLogger } from '@understudy/foundation';
import type { MachineSpec } from '../../src/region/hardware.ts';
import { createHardware } from '../../src/real-hardware.ts';
import { metadataPort } from './real-hardware-fixture.ts';

const [stateDirectory = '', runDirectory = '', imageRoot = '', spec = ''] = process.argv.slice(2);
const machine = JSON.parse(spec) as MachineSpec;
const room = createHardware({
  stateDirectory,
  runDirectory,
  imageRoots: new Map([[machine.image, imageRoot]]),
  metadataPort,
  logger: silentLogger,
});
await room.createMachine(machine);
await room.bootMachine(machine);
process.send?.('running');
setInterval(() => undefined, 60_000);
