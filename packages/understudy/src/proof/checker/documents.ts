// The final state of every document: the proof that nothing acknowledged was lost. Pure: planned writes, outcomes and final reads in,
// classes out. An unknown write may be there or not; neither is a fault.
import type { FinalRead, PlannedWrite, Outcome } from '../history/records.ts';

export type DocumentClass =
  /** The last acknowledged content is in every copy and in the search. */
  | 'ok'
  /** Never acknowledged, and not there. */
  | 'absent'
  /** Of unknown outcome, and it is there. */
  | 'recovered'
  /** Acknowledged, then some copy or the search has an older revision; or the copies differ. */
  | 'stale'
  /** There although it was rejected or never sent, or with content that nobody sent. */
  | 'unexpected'
  /** More than one document for one write. */
  | 'duplicate'
  /** Acknowledged, and missing from a copy or from the search. */
  | 'lost';

/** From harmless to worst; a document has the worst class that any view of it earns. */
const severity: readonly DocumentClass[] = ['ok', 'absent', 'recovered', 'stale', 'unexpected', 'duplicate', 'lost'];

export interface DocumentFinding {
  readonly id: string;
  readonly class: DocumentClass;
  /** What was seen, against what was acknowledged. Empty for ok and absent. */
  readonly detail: string;
  /** When its last acknowledged revision was acknowledged; null when none was. */
  readonly acknowledgedMs: number | null;
}

export interface DocumentResult {
  readonly counts: Readonly<Record<DocumentClass, number>>;
  /** Everything that is neither ok nor absent nor recovered, in order of id. */
  readonly findings: readonly DocumentFinding[];
  /** Ids whose final reads are not complete; any makes the run INVALID. */
  readonly unread: readonly string[];
  readonly writesAcknowledged: number;
}

interface Written {
  readonly plannedWrite: PlannedWrite;
  readonly outcome: Outcome['outcome'];
  readonly endMs: number;
}

/** Classifies every document of the run. `copies` is how many copies must have answered for each id. */
export function classifyDocuments(
  plannedWrites: readonly PlannedWrite[],
  outcomes: readonly Outcome[],
  reads: readonly FinalRead[],
  copies: number,
): DocumentResult {
  const writes = writesById(plannedWrites, outcomes);
  const readsById = Map.groupBy(reads, (read) => read.id);
  const counts = emptyCounts();
  const findings: DocumentFinding[] = [];
  const unread: string[] = [];
  for (const [id, written] of [...writes].sort(byKey)) {
    const views = readsById.get(id) ?? [];
    const nodes = new Set(views.filter((read) => read.how === 'get').map((read) => read.node));
    if (nodes.size < copies || !views.some((read) => read.how === 'search')) unread.push(id);
    const finding = classify(id, written, views);
    counts[finding.class] += 1;
    if (severity.indexOf(finding.class) > severity.indexOf('recovered')) findings.push(finding);
  }
  for (const foreignDocument of foreignDocuments(writes, plannedWrites, reads)) {
    counts[foreignDocument.class] += 1;
    findings.push(foreignDocument);
  }
  const writesAcknowledged = outcomes.filter((outcome) => outcome.outcome === 'acknowledged').length;
  return { counts, findings, unread, writesAcknowledged };
}

function classify(id: string, written: readonly Written[], views: readonly FinalRead[]): DocumentFinding {
  const acknowledged = written.findLast((write) => write.outcome === 'acknowledged');
  const seen = views.map((view) => classifyView(view, written, acknowledged));
  const diverged = new Set(views.filter((view) => view.how === 'get').map((view) => view.digest)).size > 1;
  if (diverged) seen.push({ class: 'stale', detail: 'the copies differ from each other' });
  const worst = seen.reduce<Classified>(
    (worstSoFar, next) => (severity.indexOf(next.class) > severity.indexOf(worstSoFar.class) ? next : worstSoFar),
    { class: acknowledged ? 'ok' : 'absent', detail: '' },
  );
  return { id, ...worst, acknowledgedMs: acknowledged?.endMs ?? null };
}

type Classified = Pick<DocumentFinding, 'class' | 'detail'>;

function classifyView(view: FinalRead, written: readonly Written[], acknowledged: Written | undefined): Classified {
  const where = view.how === 'get' ? `the copy on ${view.node}` : 'the search';
  if (view.how === 'search' && view.hits > 1)
    return { class: 'duplicate', detail: `the search finds it ${view.hits} times` };
  if (view.digest === null)
    return acknowledged
      ? { class: 'lost', detail: `${where} lacks it; revision ${acknowledged.plannedWrite.revision} was acknowledged` }
      : { class: 'absent', detail: '' };
  const match = written.findLast((write) => write.plannedWrite.digest === view.digest);
  if (!match) return { class: 'unexpected', detail: `${where} holds content that was never sent` };
  const { revision } = match.plannedWrite;
  if (acknowledged && revision < acknowledged.plannedWrite.revision)
    return {
      class: 'stale',
      detail: `${where} holds revision ${revision}; revision ${acknowledged.plannedWrite.revision} was acknowledged`,
    };
  if (match.outcome === 'acknowledged') return { class: 'ok', detail: '' };
  if (match.outcome === 'unknown')
    return { class: 'recovered', detail: `${where} holds revision ${revision}, whose outcome was unknown` };
  return { class: 'unexpected', detail: `${where} holds revision ${revision}, which was ${match.outcome}` };
}

/** Documents that carry the run's mark under an id that the run never wrote. */
function foreignDocuments(
  writes: ReadonlyMap<string, unknown>,
  plannedWrites: readonly PlannedWrite[],
  reads: readonly FinalRead[],
): DocumentFinding[] {
  const sent = new Map(plannedWrites.map((write) => [write.digest, write.id]));
  const seen = new Map<string, string>();
  for (const read of reads) if (!writes.has(read.id) && read.digest !== null) seen.set(read.id, read.digest);
  return [...seen].sort(byKey).map(([id, digest]) => {
    const original = sent.get(digest);
    return original === undefined
      ? { id, class: 'unexpected', detail: 'an id that was never written', acknowledgedMs: null }
      : { id, class: 'duplicate', detail: `a second document with the content of ${original}`, acknowledgedMs: null };
  });
}

function writesById(plannedWrites: readonly PlannedWrite[], outcomes: readonly Outcome[]): Map<string, Written[]> {
  const ends = new Map(outcomes.filter((o) => o.operation === 'index').map((outcome) => [outcome.seq, outcome]));
  const byId = new Map<string, Written[]>();
  for (const plannedWrite of plannedWrites) {
    // A planned write without an outcome was interrupted by a crash: it may have been sent.
    const end = ends.get(plannedWrite.seq);
    const written = {
      plannedWrite,
      outcome: end?.outcome ?? 'unknown',
      endMs: end?.endMs ?? plannedWrite.dueMs,
    } as const;
    const list = byId.get(plannedWrite.id);
    if (list) list.push(written);
    else byId.set(plannedWrite.id, [written]);
  }
  for (const list of byId.values()) list.sort((a, b) => a.plannedWrite.revision - b.plannedWrite.revision);
  return byId;
}

/**
 * Gets during the run that returned something older than what was acknowledged before they were sent.
 * Such a read is possible from a copy that was cut off and does not know it yet.
 */
export function staleReads(plannedWrites: readonly PlannedWrite[], outcomes: readonly Outcome[]): Outcome[] {
  const writes = writesById(plannedWrites, outcomes);
  return outcomes.filter((read) => {
    if (read.operation !== 'get' || read.outcome !== 'answered' || read.id === undefined) return false;
    const written = writes.get(read.id) ?? [];
    const before = written.findLast((write) => write.outcome === 'acknowledged' && write.endMs <= read.sentMs);
    if (!before) return false;
    const match = written.findLast((write) => write.plannedWrite.digest === read.digest);
    return (match?.plannedWrite.revision ?? 0) < before.plannedWrite.revision;
  });
}

function emptyCounts(): Record<DocumentClass, number> {
  return { ok: 0, absent: 0, recovered: 0, stale: 0, unexpected: 0, duplicate: 0, lost: 0 };
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}
