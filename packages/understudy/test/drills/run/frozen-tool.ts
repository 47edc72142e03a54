// The tool in a process of its own, so that a test can freeze it: one short run, which tells its parent the generator's process
// when the fault begins, goes on when the parent answers, and ends with its verdict.
import { once } from 'node:events';
import { lasting, plantedRun } from './plants.ts';

const { directory, verdict } = await plantedRun(
  { after: 'the fault', ms: 0 },
  async ({ generatorPid }) => {
    process.send?.({ generatorPid });
    await once(process, 'message');
    return lasting(0);
  },
  1,
);
process.send?.({ directory, verdict });
process.disconnect();
