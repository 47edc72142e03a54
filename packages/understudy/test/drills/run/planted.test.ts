// Whole runs of the real code over a small system on real sockets, each with one thing wrong that must be found.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { nothing } from '../../../src/drills/faults/nothing.ts';
import { readJournal } from '../../../src/proof/history/run-folder.ts';
import { writeManifest } from '../../../src/proof/history/manifest.ts';
import type { FinalRead } from '../../../src/proof/history/records.ts';
import { runDrill, type SystemUnderTest } from '../../../src/drills/index.ts';
import { verify } from '../../../src/proof/index.ts';
import { patient, shortDrill as drill } from '../noop-drill.ts';
import { smallSystem, type SmallSystem } from '../small-system.ts';

let system: SmallSystem;
before(async () => {
  system = await smallSystem();
});
after(() => system.close());

/** A world in which something is done to the stored documents just before they are read back. */
function tamperedWith(change: (copies: SmallSystem['copies']) => void): SystemUnderTest {
  const { world } = system;
  const refresh = (): Promise<void> => {
    change(system.copies);
    return Promise.resolve();
  };
  return { ...world, engine: { ...world.engine, refresh } };
}

/** The first document of the run that was written more than once, or any. */
function anyStored(copies: SmallSystem['copies'], wanted = /revision/): { node: string; id: string; source: unknown } {
  for (const [node, documents] of copies)
    for (const [id, source] of documents) if (wanted.test(JSON.stringify(source))) return { node, id, source };
  throw new Error('nothing is stored');
}

const codes = (reasons: readonly { readonly code: string }[]): string[] => reasons.map((reason) => reason.code);

test('a run without a fault passes, leaves no document behind, and verifies to the same bytes', async () => {
  const { directory, verdict } = await runDrill(system.world, drill, patient);
  assert.deepEqual(verdict.reasons, []);
  assert.equal(verdict.result, 'PASS');
  assert.ok(verdict.requests.writesAcknowledged > 50);
  assert.equal(verdict.documents.counts.lost, 0);
  assert.deepEqual(await verify(directory), verdict);
  assert.equal(
    [...system.copies.values()].reduce((sum, copy) => sum + copy.size, 0),
    0,
  );

  const changed = await copyOf(directory);
  const outcomes = await readFile(join(changed, 'outcomes.jsonl'), 'utf8');
  await writeFile(join(changed, 'outcomes.jsonl'), outcomes.replace('"acknowledged"', '"unknown"'));
  await assert.rejects(verify(changed), { code: 'drills-folder-tampered', facts: { changed: ['outcomes.jsonl'] } });

  const painted = await copyOf(directory);
  const saved = await readFile(join(painted, 'verdict.json'), 'utf8');
  await writeFile(join(painted, 'verdict.json'), saved.replace('"lost": 0', '"lost": 1'));
  await assert.rejects(verify(painted), { code: 'drills-folder-tampered', facts: { derived: 'PASS' } });

  const resealed = await copyOf(directory);
  const reads = await readFile(join(resealed, 'reads.jsonl'), 'utf8');
  await writeFile(join(resealed, 'reads.jsonl'), withoutOneCopy(reads));
  await writeManifest(resealed);
  await assert.rejects(verify(resealed), { code: 'drills-folder-tampered', facts: { derived: 'FAIL' } });
});

test('one acknowledged document deleted from one copy is a FAIL that names it', async () => {
  let target = '';
  const world = tamperedWith((copies) => {
    const { node, id } = anyStored(copies);
    copies.get(node)?.delete(id);
    target = `${id} ${node}`;
  });
  const { verdict } = await runDrill(world, drill, patient);
  assert.equal(verdict.result, 'FAIL');
  assert.equal(verdict.rpo.lost, 1);
  const [finding] = verdict.documents.findings;
  assert.equal(finding?.class, 'lost');
  assert.ok(target.startsWith(finding.id) && finding.detail.includes(target.split(' ')[1]!));
});

test('a second document with the content of an acknowledged one is a duplicate', async () => {
  const world = tamperedWith((copies) => {
    const { source } = anyStored(copies);
    copies.get('demo-search-1')?.set('made-up-by-a-retry', source);
  });
  const { verdict } = await runDrill(world, drill, patient);
  assert.equal(verdict.result, 'FAIL');
  assert.equal(verdict.documents.counts.duplicate, 1);
  system.copies.get('demo-search-1')?.clear();
});

test('gets that return an older revision are stale reads', async () => {
  system.forgetful = true;
  const { verdict } = await runDrill(system.world, drill, { ...patient, ratePerS: { index: 60 } });
  system.forgetful = false;
  assert.equal(verdict.result, 'FAIL', JSON.stringify(verdict.reasons));
  assert.ok(verdict.documents.staleReads > 0);
  assert.ok(codes(verdict.reasons).includes('goal-missed'));
});

test('a load generator that was frozen makes the run INVALID', async () => {
  const running = runDrill({ ...system.world, logger: freezeAt('undoing') }, drill, { steady: { maxGapMs: 5_000 } });
  const { verdict } = await running;
  assert.equal(verdict.result, 'INVALID');
  assert.ok(codes(verdict.reasons).includes('generator-stalled'), JSON.stringify(verdict.reasons));
});

test('a fault that ended early is INVALID, even if every goal was reached', async () => {
  let asked = 0;
  const brief = { ...nothing, effective: () => Promise.resolve({ seen: (asked += 1) === 1, detail: 'it is over' }) };
  const { verdict } = await runDrill(system.world, { ...drill, fault: brief }, patient);
  assert.equal(verdict.result, 'INVALID');
  assert.deepEqual(verdict.reasons[0], {
    code: 'not-effective',
    text: 'the fault was never seen to take effect: it ended before its undo: it is over',
  });
});

test('a fault that cannot work here is INVALID with its reason, and no load was sent', async () => {
  const impossible = { ...nothing, support: () => Promise.resolve('no netem in this kernel') };
  const { directory, verdict } = await runDrill(system.world, { ...drill, fault: impossible }, patient);
  assert.equal(verdict.result, 'INVALID');
  assert.deepEqual(verdict.reasons, [
    { code: 'unsupported', text: 'the fault cannot work here: no netem in this kernel' },
  ]);
  assert.deepEqual(
    (await readJournal(directory)).map((entry) => entry.event),
    ['started', 'unsupported', 'finished'],
  );
});

test('more failures than the error budget end the run: the fault is undone, the run is ABORTED, the documents are read back', async () => {
  let undone = 0;
  const harmful = {
    ...nothing,
    inject: () => {
      system.trouble = 503;
      return Promise.resolve();
    },
    undo: () => {
      system.trouble = null;
      undone += 1;
      return Promise.resolve();
    },
  };
  const long = { ...drill, fault: harmful, durations: { ...drill.durations, faultMs: 60_000 } };
  const { directory, verdict } = await runDrill(system.world, long, patient);
  assert.equal(verdict.result, 'ABORTED');
  assert.match(verdict.reasons[0]?.text ?? '', /^stopped: the error budget is spent: \d+ of \d+ requests failed/);
  assert.equal(undone, 1);
  const events = (await readJournal(directory)).map((entry) => entry.event);
  for (const event of ['undone', 'aborted', 'reads-collected', 'finished'] as const) assert.ok(events.includes(event));
});

test('Ctrl-C undoes the fault and ends in ABORTED', async () => {
  const controller = new AbortController();
  let undone = 0;
  const held = {
    ...nothing,
    effective: () => {
      setTimeout(() => controller.abort(new Error('interrupted by SIGINT')), 300);
      return Promise.resolve({ seen: true, detail: 'held' });
    },
    undo: () => Promise.resolve(void (undone += 1)),
  };
  const long = { ...drill, fault: held, durations: { ...drill.durations, faultMs: 60_000 } };
  const { verdict } = await runDrill(system.world, long, { ...patient, signal: controller.signal });
  assert.equal(verdict.result, 'ABORTED');
  assert.deepEqual(verdict.reasons[0], { code: 'aborted', text: 'stopped: interrupted by SIGINT' });
  assert.equal(undone, 1);
});

async function copyOf(directory: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'understudy-changed-'));
  await cp(directory, copy, { recursive: true });
  return copy;
}

function withoutOneCopy(reads: string): string {
  const lines = reads
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as FinalRead);
  const at = lines.findIndex((read) => read.how === 'get' && read.digest !== null);
  lines[at] = { ...lines[at]!, digest: null } as FinalRead;
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Stops the workload's process for a second when the run says so. */
function freezeAt(text: string): SystemUnderTest['logger'] {
  const { runsDirectory } = system.world;
  return (line) => {
    if (line.text === text) void freeze(runsDirectory);
  };
}

async function freeze(runsDirectory: string): Promise<void> {
  const newest = (await readdir(runsDirectory)).sort().at(-1) ?? '';
  const journal = await readJournal(join(runsDirectory, newest));
  const pid = Number(journal.find((entry) => entry.event === 'workload-started')?.facts.pid);
  process.kill(pid, 'SIGSTOP');
  await sleep(1_200);
  process.kill(pid, 'SIGCONT');
}
