// The lines of a bulk, cut into items, and how each may be repeated. It reads the action lines alone, never a document.

export interface BulkItem {
  readonly op: 'index' | 'create' | 'update' | 'delete';
  readonly index: string | undefined;
  readonly id: string | undefined;
  readonly routing: string | undefined;
  /** Names of further fields of its action. */
  readonly hasMore: boolean;
  /** It has a version of the caller's: it is refused only when that version, or a later one, is there. */
  readonly hasOwnVersion: boolean;
  /** Repeating it ends in the same state, or is refused. */
  readonly isSafe: boolean;
  /** Where its lines begin and end in the body. */
  readonly from: number;
  readonly to: number;
  /** Where its document begins. */
  readonly documentAt: number;
}

const lineEnd = 0x0a;

/** The items of a body; undefined when it is no bulk that can be read here with certainty. */
export function bulkItems(body: Buffer): readonly BulkItem[] | undefined {
  if (body.at(-1) !== lineEnd) return undefined;
  const items: BulkItem[] = [];
  for (let at = 0; at < body.length;) {
    const end = body.indexOf(lineEnd, at);
    const action = actionIn(body.toString('utf8', at, end));
    if (!action) return undefined;
    const last = action.op === 'delete' ? end : body.indexOf(lineEnd, end + 1);
    if (last < 0) return undefined;
    items.push({ ...action, from: at, to: last + 1, documentAt: end + 1 });
    at = last + 1;
  }
  return items;
}

type Action = Omit<BulkItem, 'from' | 'to' | 'documentAt'>;
const usual = new Set(['_index', '_id', 'routing']);

function actionIn(line: string): Action | undefined {
  const action = parsed(line);
  if (!isObject(action)) return undefined;
  const [op, ...others] = Object.keys(action);
  const fields = op === undefined ? undefined : action[op];
  if (!isOp(op) || others.length > 0 || !isObject(fields)) return undefined;
  const { _id: id, _index: index, routing, if_seq_no: seqNo } = fields;
  const texts = [id, index, routing].every((value) => value === undefined || typeof value === 'string');
  if (!texts) return undefined;
  return {
    op,
    index: index as string | undefined,
    id: id as string | undefined,
    routing: routing as string | undefined,
    hasOwnVersion: fields['version_type'] !== undefined,
    hasMore: Object.keys(fields).some((name) => !usual.has(name)),
    isSafe: typeof id === 'string' && id !== '' && (op !== 'update' || typeof seqNo === 'number'),
  };
}

function isOp(text: string | undefined): text is BulkItem['op'] {
  return text === 'index' || text === 'create' || text === 'update' || text === 'delete';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
