// The suite of YAML REST tests: Elastic's tests for its clients, or those of the engine itself, read from a folder when it runs.
import { join } from 'node:path';
import { openSources } from '../sources.ts';
import type { Result, Suite } from '../suite.ts';
import { readApi } from './api.ts';
import { emptyCluster } from './clean.ts';
import { readTests } from './read.ts';
import { runTest } from './run-test.ts';

export { emptyCluster };

export interface YamlSources {
  /** A folder or a git directory with the tests. */
  readonly tests: string;
  readonly revision: string;
  /** The folder in it. */
  readonly under: string;
  /** A folder with the description of the API, a file for each operation. */
  readonly api: string;
  /** The engine itself: what a test leaves is removed there, past the gateway. */
  readonly engine: string;
  /** A word of the ids of the tests that are run. */
  readonly select: string | undefined;
}

/** They need a licence or users, or are about machines that a test's engine does not have. */
const left = /^(security|license|machine_learning|watcher|inference|entsearch|searchable_snapshots)\//;

export async function yamlSuite({ tests, revision, under, api, engine, select }: YamlSources): Promise<Suite> {
  const description = await readApi(api);
  await using sources = await openSources(tests, { revision, paths: [under] });
  const all = (await readTests(join(sources.folder, under))).filter(
    ({ id }) => select === undefined || id.includes(select),
  );
  if (all.length === 0)
    throw new Error(`There are no tests in ${under} of ${tests}: it needs files such as bulk/10_basic.yml.`);
  return {
    name: 'YAML REST tests',
    async run(url, only) {
      const results: Result[] = [];
      for (const test of all) {
        if (only !== undefined && !only.has(test.id)) continue;
        if (left.test(test.id)) {
          results.push({ id: test.id, outcome: 'skipped', detail: 'needs a licence, users or a service outside' });
          continue;
        }
        const result = await runTest(test, description, url);
        results.push(result);
        // What was skipped before its first request left nothing.
        if (result.outcome !== 'skipped' || (result.answers ?? []).length > 0) await emptyCluster(engine);
      }
      return results;
    },
  };
}
