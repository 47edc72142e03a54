// The region in memory out of the installed lab: prints the address of its API, and ends when its stdin does.
//   region.mjs TOKEN
import { Secret } from '@understudy/foundation';
import { createRegionApi, SimulatedHardware } from '@understudy/lab/region';

const region = createRegionApi({
  hardware: new SimulatedHardware(),
  token: new Secret(process.argv[2] ?? ''),
  speed: 1000,
});
await region.start();
console.log(`${await region.listen(0)}/v4`);
process.stdin.resume().once('end', () => void region.stop());
