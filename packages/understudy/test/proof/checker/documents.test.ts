import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { classifyDocuments, staleReads } from '../../../src/proof/checker/documents.ts';
import type { FinalRead, PlannedWrite, Outcome, WriteOutcome } from '../../../src/proof/history/records.ts';

const nodes = ['search-1', 'search-2'];
const digestOf = (id: string, revision: number): string => `${id}@${revision}`;

/** What a system did with one document: the outcomes its writer saw, and the revision that ended up stored (0: none). */
interface Life {
  readonly outcomes: readonly WriteOutcome[];
  readonly stored: number;
}

/**
 * Lives that a correct system can produce: all revisions but the last acknowledged; an acknowledged one is stored, an unknown
 * one may be, a rejected or unsent one is not.
 */
const life: fc.Arbitrary<Life> = fc
  .tuple(fc.nat(4), fc.constantFrom<WriteOutcome>('acknowledged', 'rejected', 'unknown', 'unsent'), fc.boolean())
  .map(([before, last, applied]) => ({
    outcomes: [...new Array<WriteOutcome>(before).fill('acknowledged'), last],
    stored: last === 'acknowledged' || (last === 'unknown' && applied) ? before + 1 : before,
  }));

interface Recorded {
  readonly intents: PlannedWrite[];
  readonly outcomes: Outcome[];
  readonly reads: FinalRead[];
}

function record(lives: readonly Life[]): Recorded {
  const intents: PlannedWrite[] = [];
  const outcomes: Outcome[] = [];
  const reads: FinalRead[] = [];
  lives.forEach(({ outcomes: ends, stored }, at) => {
    const id = `doc-${at}`;
    ends.forEach((outcome, revisionAt) => {
      const seq = intents.length + 1;
      const revision = revisionAt + 1;
      const dueMs = seq * 10;
      intents.push({ seq, lane: 'index', id, revision, digest: digestOf(id, revision), dueMs });
      outcomes.push(write(seq, id, revision, outcome, dueMs));
    });
    const digest = stored === 0 ? null : digestOf(id, stored);
    for (const node of nodes) reads.push({ how: 'get', node, id, digest });
    reads.push({ how: 'search', id, hits: stored === 0 ? 0 : 1, digest });
  });
  return { intents, outcomes, reads };
}

function write(seq: number, id: string, revision: number, outcome: WriteOutcome, dueMs: number): Outcome {
  return {
    seq,
    operation: 'index',
    lane: 'index',
    outcome,
    dueMs,
    sentMs: dueMs,
    endMs: dueMs + 5,
    status: 201,
    id,
    revision,
  };
}

const lives = fc.array(life, { minLength: 1, maxLength: 30 });

function classes({ intents, outcomes, reads }: Recorded) {
  return classifyDocuments(intents, outcomes, reads, nodes.length);
}

test('a correct system never gets a FAIL for its documents', () => {
  fc.assert(
    fc.property(lives, (all) => {
      const result = classes(record(all));
      assert.deepEqual(result.findings, []);
      assert.deepEqual(result.unread, []);
      assert.equal(
        Object.values(result.counts).reduce((sum, count) => sum + count, 0),
        all.length,
      );
    }),
  );
});

test('one acknowledged document deleted from one copy, or from the search, is lost', () => {
  fc.assert(
    fc.property(lives, fc.nat(), (all, which) => {
      const recorded = record([...all, { outcomes: ['acknowledged'], stored: 1 }]);
      const views = recorded.reads.filter((read) => read.digest !== null && acknowledged(recorded, read.id));
      const victim = views[which % views.length]!;
      recorded.reads[recorded.reads.indexOf(victim)] =
        victim.how === 'search' ? { ...victim, hits: 0, digest: null } : ({ ...victim, digest: null } as FinalRead);
      const result = classes(recorded);
      assert.equal(result.counts.lost, 1);
      assert.deepEqual(
        result.findings.filter((finding) => finding.class === 'lost').map((finding) => finding.id),
        [victim.id],
      );
    }),
  );
});

test('one copy that is a revision behind is stale', () => {
  fc.assert(
    fc.property(lives, fc.constantFrom(...nodes), (all, node) => {
      const recorded = record([...all, { outcomes: ['acknowledged', 'acknowledged'], stored: 2 }]);
      const id = `doc-${all.length}`;
      const at = recorded.reads.findIndex((read) => read.id === id && read.how === 'get' && read.node === node);
      recorded.reads[at] = { how: 'get', node, id, digest: digestOf(id, 1) };
      const result = classes(recorded);
      assert.equal(result.counts.stale, 1);
      assert.deepEqual(result.findings, [
        {
          id,
          class: 'stale',
          detail: `the copy on ${node} holds revision 1; revision 2 was acknowledged`,
          acknowledgedMs: recorded.outcomes.at(-1)!.endMs,
        },
      ]);
    }),
  );
});

test('copies that differ about an unknown write are stale, whichever of them has it', () => {
  const recorded = record([{ outcomes: ['unknown'], stored: 1 }]);
  recorded.reads[0] = { how: 'get', node: nodes[0]!, id: 'doc-0', digest: null };
  assert.equal(classes(recorded).counts.stale, 1);
});

test('a rejected or unsent write that is present, and content that was never sent, are unexpected', () => {
  for (const outcome of ['rejected', 'unsent'] as const)
    assert.equal(classes(record([{ outcomes: [outcome], stored: 1 }])).counts.unexpected, 1);
  const recorded = record([{ outcomes: ['acknowledged'], stored: 1 }]);
  for (const [at, read] of recorded.reads.entries()) recorded.reads[at] = { ...read, digest: 'other' };
  assert.equal(classes(recorded).counts.unexpected, 1);
});

test('two hits for one id, and a second document with the same content, are duplicates', () => {
  const twice = record([{ outcomes: ['acknowledged'], stored: 1 }]);
  twice.reads[2] = { how: 'search', id: 'doc-0', hits: 2, digest: digestOf('doc-0', 1) };
  assert.equal(classes(twice).counts.duplicate, 1);
  const second = record([{ outcomes: ['acknowledged'], stored: 1 }]);
  second.reads.push({ how: 'listing', id: 'stranger', digest: digestOf('doc-0', 1) });
  const result = classes(second);
  assert.equal(result.counts.ok, 1);
  assert.equal(result.counts.duplicate, 1);
});

test('a planned write without an outcome counts as unknown', () => {
  const recorded = record([{ outcomes: ['unknown'], stored: 1 }]);
  recorded.outcomes.length = 0;
  assert.equal(classes(recorded).counts.recovered, 1);
});

test('a document that was not read from every copy is named', () => {
  fc.assert(
    fc.property(lives, fc.nat(), (all, which) => {
      const recorded = record(all);
      const gone = recorded.reads[which % recorded.reads.length]!;
      recorded.reads.splice(recorded.reads.indexOf(gone), 1);
      assert.deepEqual(classes(recorded).unread, [gone.id]);
    }),
  );
});

test('an unknown write is never lost, in any history', () => {
  const view = fc.nat(3);
  fc.assert(
    fc.property(fc.array(fc.tuple(view, view, view), { minLength: 1 }), (views) => {
      const recorded = record(views.map(() => ({ outcomes: ['unknown'], stored: 0 })));
      recorded.reads.forEach((read, at) => {
        const revision = views[Math.floor(at / 3)]![at % 3]!;
        recorded.reads[at] = { ...read, digest: revision === 0 ? null : digestOf(read.id, revision) } as FinalRead;
      });
      assert.equal(classes(recorded).counts.lost, 0);
    }),
  );
});

function acknowledged({ outcomes }: Recorded, id: string): boolean {
  return outcomes.some((outcome) => outcome.id === id && outcome.outcome === 'acknowledged');
}

function get(id: string, digest: string, sentMs: number): Outcome {
  const times = { dueMs: sentMs, sentMs, endMs: sentMs + 1 };
  return { seq: 99, operation: 'get', lane: 'get', outcome: 'answered', status: 200, id, digest, ...times };
}

test('a get is stale when it is older than what was acknowledged before it was sent', () => {
  const { intents, outcomes } = record([{ outcomes: ['acknowledged', 'acknowledged'], stored: 2 }]);
  const [first, second] = outcomes.map((outcome) => outcome.endMs);
  const stale = (read: Outcome) => staleReads(intents, [...outcomes, read]).length;
  assert.equal(stale(get('doc-0', digestOf('doc-0', 1), first!)), 0, 'the second was not acknowledged yet');
  assert.equal(stale(get('doc-0', digestOf('doc-0', 1), second! - 1)), 0, 'still in flight');
  assert.equal(stale(get('doc-0', digestOf('doc-0', 1), second!)), 1);
  assert.equal(stale(get('doc-0', 'absent', second!)), 1, 'not there at all');
  assert.equal(stale(get('doc-0', digestOf('doc-0', 2), first!)), 0, 'newer than acknowledged is fine');
});

test('the worst class counts when several apply', () => {
  const recorded = record([{ outcomes: ['acknowledged', 'acknowledged'], stored: 2 }]);
  recorded.reads[0] = { how: 'get', node: nodes[0]!, id: 'doc-0', digest: null };
  recorded.reads[1] = { how: 'get', node: nodes[1]!, id: 'doc-0', digest: digestOf('doc-0', 1) };
  assert.equal(classes(recorded).counts.lost, 1);
  assert.equal(classes(recorded).counts.stale, 0);
});
