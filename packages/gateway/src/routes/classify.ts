// From method and target to the row of the table, by a tree of the parts of a path. A target that is written unusually (an
// encoded letter of a name, an empty part) has no row: unknown is never taken for safe.
import type { Safety } from '@understudy/client/forward';
import { table, type Handling, type Row } from './table.ts';

/** What the gateway does with one request. */
export interface Route {
  readonly operation: string;
  readonly safety: Safety;
  readonly handling: Handling;
  readonly hedge: boolean;
  readonly preference: boolean;
  readonly unbounded: boolean;
}

class Branch {
  readonly literals = new Map<string, Branch>();
  index: Branch | null = null;
  id: Branch | null = null;
  readonly rows = new Map<string, Route>();
  /** Of `**`: this path and all below it. */
  readonly below = new Map<string, Route>();
}

const unknown: Route = {
  operation: 'other',
  safety: 'once',
  handling: 'plain',
  hedge: false,
  preference: false,
  unbounded: true,
};

const root = new Branch();
for (const row of table) for (const path of row.paths) add(row, path);

function add(row: Row, path: string): void {
  const parts = path === '/' ? [] : path.slice(1).split('/');
  const isSubtree = parts.at(-1) === '**';
  if (isSubtree) parts.pop();
  let branch = root;
  for (const part of parts) branch = grow(branch, part);
  const route = toRoute(row);
  for (const method of row.methods) {
    const rows = isSubtree ? branch.below : branch.rows;
    rows.set(method, route);
  }
}

function grow(branch: Branch, part: string): Branch {
  if (part === '{index}') return (branch.index ??= new Branch());
  if (part === '{id}') return (branch.id ??= new Branch());
  const known = branch.literals.get(part) ?? new Branch();
  branch.literals.set(part, known);
  return known;
}

function toRoute({
  operation,
  safety,
  handling = 'plain',
  hedge = false,
  preference = false,
  unbounded = false,
}: Row): Route {
  return { operation, safety, handling, hedge, preference, unbounded };
}

/** The route of a request. `path` has no query; `query` is what follows the question mark. */
export function classify(method: string, path: string, query: string): Route {
  const route = path === '/' ? root.rows.get(method) : find(root, method, path, 1);
  if (!route) return unknown;
  return query === '' ? route : withQuery(route, query);
}

/** The row for the rest of `path` from `at` on. Names of the API come before names of indexes, and these before ids. */
function find(branch: Branch, method: string, path: string, at: number): Route | undefined {
  const slash = path.indexOf('/', at);
  const part = slash < 0 ? path.slice(at) : path.slice(at, slash);
  if (part === '') return undefined;
  const literal = branch.literals.get(part);
  const candidates = [literal, isIndexName(part) ? branch.index : null, literal ? null : branch.id];
  for (const next of candidates) {
    if (!next) continue;
    const found = slash < 0 ? next.rows.get(method) : find(next, method, path, slash + 1);
    if (found) return found;
    const below = next.below.get(method);
    if (below) return below;
  }
  return undefined;
}

/** The engine's names begin with an underscore; an encoded one is decoded by it, so it is no name of an index either. */
function isIndexName(part: string): boolean {
  return part.charCodeAt(0) !== 0x5f && !/^%5f/i.test(part);
}

const scroll = /(?:^|&)scroll=/;
/** Also a body in the query: it may name a point in time, which takes no preference. */
const noPreference = /(?:^|&)(?:preference(?:=|&|$)|source=)/;
const condition = /(?:^|&)if_seq_no=/;
const createType = /(?:^|&)op_type=create(?:&|$)/;
/** A parameter whose name is written with escapes: it is not read here, so nothing is concluded from its absence. */
const encodedName = /(?:^|&)[^=&]*%/;

function withQuery(route: Route, query: string): Route {
  if (encodedName.test(query)) return { ...route, safety: 'once', handling: 'plain', hedge: false, preference: false };
  let adapted = route;
  if (scroll.test(query)) adapted = { ...adapted, hedge: false, preference: false };
  if (route.preference && noPreference.test(query)) adapted = { ...adapted, preference: false };
  if (route.operation === 'update' && condition.test(query)) adapted = { ...adapted, safety: 'replayable' };
  if (route.operation === 'index-without-id' && createType.test(query)) return adapted;
  if (route.handling === 'index' && createType.test(query))
    adapted = { ...adapted, operation: 'create', handling: 'create' };
  return adapted;
}
