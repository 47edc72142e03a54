// X-Filter: Linode's JSON query language for lists. https://techdocs.akamai.com/linode-api/reference/filtering-and-sorting
import { refuse } from './answer.ts';

export type Item = Readonly<Record<string, unknown>>;

export interface Filter {
  matches(item: Item): boolean;
  readonly orderBy: string | undefined;
  readonly descending: boolean;
}

type Test = (item: Item) => boolean;

const comparisons: Readonly<Record<string, (left: unknown, right: unknown) => boolean>> = {
  '+gt': (left, right) => compare(left, right) > 0,
  '+gte': (left, right) => compare(left, right) >= 0,
  '+lt': (left, right) => compare(left, right) < 0,
  '+lte': (left, right) => compare(left, right) <= 0,
  '+neq': (left, right) => !equal(left, right),
  '+contains': (left, right) => contains(left, right),
};

const invalid = (reason: string): Error => refuse(reason, 'X-Filter');

/** Reads the header. `fields` may be filtered on, with dots for nested ones; any other name is a 400 as on Linode. */
export function parseFilter(header: string, fields: ReadonlySet<string>): Filter {
  let raw: unknown;
  try {
    raw = JSON.parse(header);
  } catch {
    throw invalid('Invalid JSON in X-Filter header');
  }
  if (!isObject(raw)) throw invalid('X-Filter must be a JSON object');
  const { '+order_by': orderBy, '+order': order, ...conditions } = raw;
  if (orderBy !== undefined && (typeof orderBy !== 'string' || !fields.has(orderBy))) {
    throw invalid(`Cannot order by ${JSON.stringify(orderBy)}`);
  }
  if (order !== undefined && order !== 'asc' && order !== 'desc') throw invalid('+order must be asc or desc');
  return { matches: all(conditions, '', fields), orderBy, descending: order === 'desc' };
}

/** Puts the items in the order that the filter asks for. */
export function ordered(items: readonly Item[], filter: Filter): Item[] {
  const { orderBy, descending } = filter;
  if (orderBy === undefined) return [...items];
  const sign = descending ? -1 : 1;
  return [...items].sort((a, b) => sign * compare(valueAt(a, orderBy), valueAt(b, orderBy)));
}

function all(conditions: Item, prefix: string, fields: ReadonlySet<string>): Test {
  const tests = Object.entries(conditions).map(([key, value]) => condition(key, value, prefix, fields));
  return (item) => tests.every((test) => test(item));
}

function condition(key: string, value: unknown, prefix: string, fields: ReadonlySet<string>): Test {
  if (key === '+and' || key === '+or') {
    if (!Array.isArray(value)) throw invalid(`${key} must be a list`);
    const tests = value.map((part) => {
      if (!isObject(part)) throw invalid(`${key} must be a list of objects`);
      return all(part, prefix, fields);
    });
    return key === '+and' ? (item) => tests.every((t) => t(item)) : (item) => tests.some((t) => t(item));
  }
  if (key.startsWith('+')) throw invalid(`Unknown operator ${key}`);
  const field = `${prefix}${key}`;
  if (isObject(value) && !fields.has(field) && [...fields].some((name) => name.startsWith(`${field}.`))) {
    return all(value, `${field}.`, fields);
  }
  if (!fields.has(field)) throw invalid(`Cannot filter on ${field}`);
  return isObject(value) ? operators(field, value) : (item) => equal(valueAt(item, field), value);
}

function operators(field: string, value: Item): Test {
  const tests = Object.entries(value).map(([name, operand]): Test => {
    const compareTo = comparisons[name];
    if (compareTo === undefined) throw invalid(`Unknown operator ${name}`);
    return (item) => compareTo(valueAt(item, field), operand);
  });
  return (item) => tests.every((test) => test(item));
}

function isObject(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(item: Item, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), item);
}

/** A list equals any of its members: `{"tags": "search"}` finds what carries the tag. */
function equal(left: unknown, right: unknown): boolean {
  if (Array.isArray(left)) return left.some((member) => equal(member, right));
  if (left === right) return true;
  // Ids of secondary entities are numbers or strings; the header's author need not know which.
  return (typeof left === 'number' || typeof right === 'number') && String(left) === String(right);
}

function contains(left: unknown, right: unknown): boolean {
  if (Array.isArray(left)) return left.some((member) => contains(member, right));
  return typeof left === 'string' && left.toLowerCase().includes(String(right).toLowerCase());
}

function compare(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  const a = textOf(left);
  const b = textOf(right);
  return a < b ? -1 : a > b ? 1 : 0;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value);
}
