// The topology file as text: YAML with the line of every field, so that a refusal can point at it.
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
  type YAMLError,
} from 'yaml';
import type { Problem } from './problem.ts';

type Path = readonly PropertyKey[];

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where a field is: its key, or with `value` its value; the nearest field above it when it is not in the file. */
export type Locate = (path: Path, at?: 'key' | 'value') => Position;

export type Reading =
  | { readonly ok: true; readonly value: unknown; readonly locate: Locate }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export function readDocument(text: string): Reading {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, merge: true, prettyErrors: false, strict: true });
  const whole = (line: number, saw: string, message: string): Reading => ({
    ok: false,
    problems: [
      { field: '', line, column: 1, saw, allowed: 'one YAML mapping', message, remedy: 'start from `understudy init`' },
    ],
  });
  if (!Array.isArray(documents) || documents.length === 0) return whole(1, 'an empty file', 'there is nothing in it');
  const errors = documents.flatMap((document) => document.errors);
  if (errors.length > 0) return { ok: false, problems: errors.map((error) => syntaxProblem(error, lines)) };
  const [document, second] = documents as Document[];
  if (second !== undefined) {
    const at = lines.linePos(offsetOf(second) ?? 0);
    return whole(at.line, `${documents.length} documents`, 'only the first would count');
  }
  if (document === undefined || document.contents === null || isEmptyScalar(document.contents))
    return whole(1, 'an empty file', 'there is nothing in it');
  if (!isMap(document.contents)) {
    const kind = isSeq(document.contents) ? 'a list' : 'a single value';
    return whole(lines.linePos(document.contents.range?.[0] ?? 0).line, kind, 'the file must be a mapping of fields');
  }
  const dangling = danglingAliases(document, lines);
  if (dangling.length > 0) return { ok: false, problems: dangling };
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: 100 }) as unknown, locate: locator(document, lines) };
  } catch (error) {
    // More aliases than a real topology has: a file made to exhaust memory.
    return whole(1, error instanceof Error ? error.message : 'aliases', 'its aliases cannot be resolved');
  }
}

function danglingAliases(document: Document, lines: LineCounter): Problem[] {
  const found: Problem[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return;
      const { line, col } = lines.linePos(offsetOf(alias) ?? 0);
      const message = 'no anchor of that name comes before it';
      const remedy = `set &${alias.source} on an earlier value, or quote the text`;
      found.push({
        field: '',
        line,
        column: col,
        saw: `*${alias.source}`,
        allowed: 'the name of an anchor',
        message,
        remedy,
      });
    },
  });
  return found;
}

const isEmptyScalar = (node: unknown) => isScalar(node) && node.value === null;

const syntaxWords: Partial<Record<YAMLError['code'], Pick<Problem, 'saw' | 'allowed' | 'message' | 'remedy'>>> = {
  DUPLICATE_KEY: {
    saw: 'the same key twice',
    allowed: 'each key once in a mapping',
    message: 'it is unclear which of the two counts',
    remedy: 'remove one of them',
  },
  TAB_AS_INDENT: {
    saw: 'a tab as indentation',
    allowed: 'spaces',
    message: 'YAML does not indent by tabs',
    remedy: 'replace the tab by two spaces',
  },
};

function syntaxProblem(error: YAMLError, lines: LineCounter): Problem {
  const { line, col } = lines.linePos(error.pos[0]);
  const words = syntaxWords[error.code] ?? {
    saw: `text that is no YAML (${error.code})`,
    allowed: 'YAML 1.2',
    message: error.message,
    remedy: 'mend the line; text with `:` or `#` in it wants quotes',
  };
  return { field: '', line, column: col, ...words };
}

function locator(document: Document, lines: LineCounter): Locate {
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  return (path, at = 'value') => {
    let node: unknown = document.contents;
    let best = offsetOf(node) ?? 0;
    for (const [depth, step] of path.entries()) {
      if (isAlias(node)) node = node.resolve(document);
      const last = depth === path.length - 1;
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
        if (pair === undefined) break;
        const valueAt = isEmptyScalar(pair.value) ? undefined : offsetOf(pair.value);
        best = (last && at === 'value' && isScalar(pair.value) ? valueAt : undefined) ?? offsetOf(pair.key) ?? best;
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[Number(step)];
        best = offsetOf(node) ?? best;
      } else break;
    }
    return position(best);
  };
}

function offsetOf(node: unknown): number | undefined {
  const range = (node as { range?: readonly number[] | null } | null | undefined)?.range;
  return range?.[0];
}
