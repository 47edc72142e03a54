// Releases, bad releases, rollbacks and other changes of users' applications under load: the matrix of bench/releases. With `bin/test --full`
// alone, for it takes more than an hour. Needs root, and no lab on this host.
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { silentLogger } from '@understudy/foundation';
import { openLab } from '../../../../bench/failover/system.ts';
import { applications } from '../../../../bench/releases/applications.ts';
import { cases } from '../../../../bench/releases/cases.ts';
import { isGood, runCase } from '../../../../bench/releases/run.ts';
import { openReleasesSystem, type ReleasesSystem } from '../../../../bench/releases/system.ts';
import { faultsOf } from '../../../../bench/releases/table.ts';
import { releaseTools } from '../../../service/test/release/tools.ts';
import { useOwnDirectories } from './own-directories.ts';

const skip = process.env['UNDERSTUDY_FULL'] === '1' ? false : 'the matrix runs with bin/test --full';
const tools = await releaseTools();
const missing: Readonly<Record<string, string | false>> = {
  ...{ 'article-flask': tools.python.missing, 'ignores-sigterm': tools.python.missing },
  ...{ 'slow-start': tools.python.missing, fastapi: tools.python.missing },
  ...{ express: tools.npm.missing, go: tools.go.missing },
};
const { signal } = new AbortController();
let base = '';
let lab: AsyncDisposable | undefined;

before(async () => {
  if (skip !== false) return;
  ({ base } = await useOwnDirectories());
  lab = await openLab({ logger: silentLogger, signal, keep: false });
});

after(async () => {
  await lab?.[Symbol.asyncDispose]();
  if (base !== '') await rm(base, { recursive: true, force: true });
});

for (const application of applications)
  describe(`${application.name}: ${application.about}`, { skip, timeout: 5_400_000 }, () => {
    let system: ReleasesSystem;
    before(async () => {
      system = await openReleasesSystem({
        ...{ application, logger: silentLogger, signal, keep: false, runsDirectory: undefined },
      });
    });
    after(() => system[Symbol.asyncDispose]());
    const { name } = application;
    const chosen = cases.filter((work) => {
      if (name === 'article-flask') return work.name !== 'one-each';
      return work.name === 'rollback' || (work.name === 'one-each' && name !== 'built-in');
    });
    for (const work of chosen)
      for (const ratePerS of [5, 50])
        it(`${work.name} at ${ratePerS} requests a second`, { skip: missing[name] ?? false }, async (t) => {
          const run = await runCase({
            ...{ system, application, work, releases: 20, ratePerS, logger: silentLogger, signal },
          });
          t.diagnostic(`${run.requests} requests, ${run.failed.length} failed, longest gap ${run.longestGapMs} ms`);
          assert.ok(isGood(run), faultsOf(run).join('\n'));
        });
  });
