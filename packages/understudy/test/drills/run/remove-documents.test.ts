// `drill undo` removes the documents of a run that was cut short, and never those of a run that came to its end.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { rawFiles } from '../../../src/proof/history/run-folder.ts';
import { removeDocuments, runDrill } from '../../../src/drills/index.ts';
import { noopDrill } from '../noop-drill.ts';
import { smallSystem } from '../small-system.ts';

test('the documents of an interrupted run are removed once, with --keep-documents they stay', async () => {
  const system = await smallSystem();
  const stored = (): number => [...system.copies.values()].reduce((sum, copy) => sum + copy.size, 0);
  try {
    const { directory } = await runDrill(system.world, noopDrill({ steadyMs: 400, faultMs: 300, recoveryMs: 3_000 }), {
      ratePerS: { get: 0 },
      steady: { maxLagMs: 5_000, maxGapMs: 2_000 },
      keepDocuments: true,
    });
    assert.ok(stored() > 0);
    assert.equal(await removeDocuments(system.world, directory), 0);
    assert.ok(stored() > 0);

    // As a tool leaves its folder that is killed before the end.
    const path = join(directory, rawFiles.journal);
    const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => !/"event":"finished"/.test(line));
    await writeFile(path, lines.join('\n'));
    assert.ok((await removeDocuments(system.world, directory)) > 0);
    assert.equal(stored(), 0);
    assert.equal(await removeDocuments(system.world, directory), 0);
  } finally {
    await system.close();
  }
});
