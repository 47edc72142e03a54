// What a route is, and what a handler sees of a request. Handlers change the store and return the answer's body.
import type { Clock, Logger } from '@understudy/foundation';
import type { Hardware } from '../hardware.ts';
import type { EventLog } from '../state/events.ts';
import type { LifeCycle } from '../state/life-cycle.ts';
import type { LabStore } from '../state/store.ts';
import type { HardwareSync } from '../state/sync.ts';
import { notFound, refuse } from './answer.ts';
import type { ImageEntry } from './catalogue.ts';
import { ordered, parseFilter, type Item } from './filter.ts';

export interface RegionParts {
  readonly store: LabStore;
  readonly hardware: Hardware;
  readonly lifeCycle: LifeCycle;
  readonly sync: HardwareSync;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Images that the hardware can lay on a disk. */
  readonly images: readonly ImageEntry[];
}

export type Json = Readonly<Record<string, unknown>>;

export interface Call extends RegionParts {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Json;
  readonly filter: string | undefined;
  /** Now, in Linode's time format. */
  readonly time: string;
}

export type RateClass = 'general' | 'instance-create' | 'vpc-create';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below /v4, with Linode's own names of parameters: `/linode/instances/:linodeId`. */
  readonly path: string;
  /** OAuth scope, such as `linodes:read_write`; `*` where any token will do; undefined where Linode asks for none. */
  readonly scope: string | undefined;
  readonly rate?: RateClass;
  handle(call: Call): unknown;
}

/** A numeric id from the path; anything else is Linode's 404. */
export function idOf(call: Call, name: string): number {
  const text = call.params[name] ?? '';
  if (!/^\d{1,15}$/.test(text)) throw notFound();
  return Number(text);
}

const defaultPageSize = 100;

function pageNumber(text: string | undefined, field: string, fallback: number, least: number, most: number): number {
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    const range = most === Infinity ? `at least ${least}` : `between ${least} and ${most}`;
    throw refuse(`Must be ${range}`, field);
  }
  return value;
}

/** The route of a list: pages of `items`, of whose fields those in `filterable` may be filtered and ordered on. */
export function listRoute(
  path: string,
  scope: string | undefined,
  items: (call: Call) => Iterable<Item>,
  filterable: readonly string[],
): Route {
  return { method: 'GET', path, scope, handle: (call) => paged(call, [...items(call)], filterable) };
}

/** Filters, orders and cuts a list into Linode's page envelope. `fields` are those that may be filtered on. */
export function paged(call: Call, items: readonly Item[], fields: readonly string[]): Json {
  const pageSize = pageNumber(call.query['page_size'], 'page_size', defaultPageSize, 25, 500);
  const page = pageNumber(call.query['page'], 'page', 1, 1, Infinity);
  let wanted: readonly Item[] = items;
  if (call.filter !== undefined) {
    const filter = parseFilter(call.filter, new Set(fields));
    wanted = ordered(
      items.filter((item) => filter.matches(item)),
      filter,
    );
  }
  const pages = Math.max(1, Math.ceil(wanted.length / pageSize));
  // As on Linode: a page beyond the last is an error, not an empty list.
  if (page > pages) throw notFound();
  return { data: wanted.slice((page - 1) * pageSize, page * pageSize), page, pages, results: wanted.length };
}
