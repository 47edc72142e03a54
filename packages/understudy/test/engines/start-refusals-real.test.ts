// The tables of what each engine refuses at its start, by the real servers: each ends with the words of the table, or it starts. Every
// sixth case by default, all of them with UNDERSTUDY_FULL=1.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findEngine, keptHomes } from '../../../service/test/harness/engine.ts';
import type { Engine } from '../../src/engines/index.ts';
import { openSearchStartCases } from './opensearch-start-cases.ts';
import { startCases, type StartCase } from './start-refusal-cases.ts';
import { StartedOnce } from './started-once.ts';

const isFull = process.env['UNDERSTUDY_FULL'] === '1';
const found = await findEngine();
const [openSearchHome] = await keptHomes('opensearch');

/** Where the engine is, or why there is none. */
function homeOf(engine: Engine): string | { readonly missing: string } {
  if ('missing' in found) return found;
  if (process.getuid?.() !== 0) return { missing: 'only root can give a file to the engine that it cannot read' };
  if (engine === 'opensearch') return openSearchHome ?? { missing: 'no OpenSearch: run a lab of it once' };
  const tool = join(found.home, 'bin/elasticsearch-keystore');
  return existsSync(tool) ? found.home : { missing: `no ${tool}: the engine was packed without the security modules` };
}

const tables: Readonly<Record<Engine, readonly StartCase[]>> = {
  elasticsearch: startCases,
  opensearch: openSearchStartCases,
};

for (const [engine, cases] of Object.entries(tables) as [Engine, readonly StartCase[]][]) {
  const home = homeOf(engine);
  describe(engine, { skip: typeof home === 'string' ? false : home.missing }, () => {
    let server: StartedOnce;
    before(async () => {
      assert.ok(typeof home === 'string' && 'javaHome' in found);
      server = await StartedOnce.make(engine, home, found.javaHome);
    });
    after(() => server[Symbol.asyncDispose]());
    for (const each of isFull ? cases : cases.filter((_, at) => at % 6 === 0)) {
      test(`the server: ${each.name}`, async () => {
        const output = await server.start(each);
        if (each.server === undefined) assert.equal(output, undefined);
        else assert.ok(output?.includes(each.server), output ?? 'it has started');
      });
    }
  });
}
