// Whole lists out of pages. A list that fits one page is one consistent answer; a longer one is read again until two
// readings agree, because an object deleted between two pages moves another one to a page that was already read.
import { z } from 'zod';
import type { Logger } from '@understudy/foundation';
import type { Call, ListCall } from './call.ts';
import { isLinodeError } from './error.ts';

const maxReadings = 4;

export async function readPages<Item extends { readonly id: unknown }>(
  send: <Answer>(call: Call<Answer>) => Promise<Answer>,
  call: ListCall<Item>,
  logger: Logger,
): Promise<Item[]> {
  let last = await readOnce(send, call);
  if (last.pages <= 1) return [...last.items.values()];
  let both = last.items;
  for (let reading = 2; reading <= maxReadings; reading += 1) {
    const next = await readOnce(send, call);
    if (sameIds(last.items, next.items)) return [...next.items.values()];
    both = new Map([...last.items, ...next.items]);
    last = next;
  }
  // The last two together: better an object that is gone by now (its use is a 404) than one overlooked and made twice.
  logger({ level: 'warn', subject: 'linode', text: `${call.name}: the list kept changing while it was read` });
  return [...both.values()];
}

interface Reading<Item> {
  readonly pages: number;
  readonly items: Map<unknown, Item>;
}

async function readOnce<Item extends { readonly id: unknown }>(
  send: <Answer>(call: Call<Answer>) => Promise<Answer>,
  call: ListCall<Item>,
): Promise<Reading<Item>> {
  const { item, pageSize, maxPages = Infinity, filter, ...rest } = call;
  const answer = z.object({ data: z.array(item), page: z.number(), pages: z.number(), results: z.number() });
  const items = new Map<unknown, Item>();
  let last = 1;
  let mostPages = 1;
  for (let page = 1; page <= Math.min(last, maxPages); page += 1) {
    const query = { ...(page === 1 ? {} : { page }), ...(pageSize === undefined ? {} : { page_size: pageSize }) };
    const asked = { ...rest, method: 'GET', query, ...(filter === undefined ? {} : { filter }), answer } as const;
    const got = await send(asked).catch((error: unknown) => {
      // The list has shrunk under the reading: Linode has no answer for a page past the end.
      if (page > 1 && isLinodeError(error, 'linode-not-found')) return { data: [], pages: page - 1 };
      throw error;
    });
    for (const entry of got.data) items.set(entry.id, entry);
    last = got.pages;
    mostPages = Math.max(mostPages, last, page);
  }
  return { pages: Math.min(mostPages, maxPages), items };
}

function sameIds(one: ReadonlyMap<unknown, unknown>, other: ReadonlyMap<unknown, unknown>): boolean {
  return one.size === other.size && [...one.keys()].every((key) => other.has(key));
}
