// Whole lists out of pages. A list that fits one page is one consistent answer; a longer one is read again until two
// readings agree, because an object deleted between two pages pulls another one across the seam, unseen.
import { z } from 'zod';
import type { Logger } from '../ground/index.ts';
import type { Call, ListCall } from './call.ts';

const mostReadings = 4;

export async function readPages<Item extends { readonly id: unknown }>(
  send: <Answer>(call: Call<Answer>) => Promise<Answer>,
  call: ListCall<Item>,
  logger: Logger,
): Promise<Item[]> {
  let last = await readOnce(send, call);
  if (last.pages <= 1) return [...last.items.values()];
  let both = last.items;
  for (let reading = 2; reading <= mostReadings; reading += 1) {
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
  let pages = 1;
  for (let page = 1; page <= Math.min(pages, maxPages); page += 1) {
    const got = await send({
      ...rest,
      method: 'GET',
      query: { ...(page === 1 ? {} : { page }), ...(pageSize === undefined ? {} : { page_size: pageSize }) },
      ...(filter === undefined ? {} : { filter }),
      answer,
    });
    for (const entry of got.data) items.set(entry.id, entry);
    pages = got.pages;
  }
  return { pages: Math.min(pages, maxPages), items };
}

function sameIds(one: ReadonlyMap<unknown, unknown>, other: ReadonlyMap<unknown, unknown>): boolean {
  return one.size === other.size && [...one.keys()].every((key) => other.has(key));
}
