// One system on real machines for applications of users: each example in its turn, then the changes of one under load. Needs root, and
// no lab on this host.
import { rm } from 'node:fs/promises';
import { after, before } from 'node:test';
import { silentLogger } from '@understudy/foundation';
import { labDown, labUp } from '@understudy/lab';
import { examplesOn } from './applications/examples.ts';
import { rolloutsOn } from './applications/rollout.ts';
import { useOwnDirectories } from './own-directories.ts';

let base = '';
const directory = (): string => base;

before(async () => {
  const own = await useOwnDirectories();
  base = own.base;
  await labUp({ cacheDirectory: own.cache, logger: silentLogger });
});

after(async () => {
  await labDown({ logger: silentLogger });
  await rm(base, { recursive: true, force: true });
});

examplesOn(directory);
rolloutsOn(directory);
