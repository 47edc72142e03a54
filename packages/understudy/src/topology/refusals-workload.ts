// Refusals about `drills.workload`: requests that could not carry a document, and placeholders that nothing fills in.
import type { Refusal } from './refusal.ts';
import type { TopologyFile } from './schema.ts';

const base = ['drills', 'workload'] as const;

/** Every text in a body, with the path to it. */
function textsIn(value: unknown, path: readonly (string | number)[]): { path: Refusal['path']; text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsIn(inner, [...path, key]));
}

interface Asked {
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>> | undefined;
}

/** Placeholders that a request must have, and those that it may have. */
function placeholderRefusals(lane: string, asked: Asked, needed: readonly string[], known: readonly string[]) {
  const texts = [
    { path: [...base, lane, 'path'], text: asked.path },
    ...textsIn(asked.body ?? {}, [...base, lane, 'body']),
  ];
  const allowed = known.map((name) => `{${name}}`).join(', ');
  const foreign = texts.flatMap(({ path, text }): Refusal[] =>
    [...text.matchAll(/\{([a-z]+)\}/g)]
      .filter(([, name = '']) => !known.includes(name))
      .map(([saw]) => ({
        path,
        saw,
        allowed,
        message: 'nothing fills it in',
        remedy: 'use one of those, or remove it',
      })),
  );
  const missing = needed
    .filter((name) => !texts.some(({ text }) => text.includes(`{${name}}`)))
    .map((name): Refusal => {
      const where = asked.body === undefined ? 'the path' : 'the path or the body';
      return {
        path: [...base, lane, 'path'],
        allowed: `{${name}} in ${where}`,
        message: `the request would be the same whatever the ${name} is`,
        remedy: `write {${name}} where the application expects it`,
      };
    });
  return [...foreign, ...missing];
}

export function workloadRefusals({ drills: { workload } }: TopologyFile): Refusal[] {
  if (workload === undefined) return [];
  const { write, get, search } = workload;
  if (write === undefined && search === undefined) {
    const saw = get === undefined ? 'neither write nor search' : 'get alone';
    const message =
      get === undefined ? 'a drill would send nothing' : 'what a run did not write it cannot read by its id';
    const remedy = 'describe how a document is written, under drills.workload.write';
    return [{ path: base, saw, allowed: 'write or search, and get beside write', message, remedy }];
  }
  const found: Refusal[] = [];
  if (write !== undefined) {
    found.push(...placeholderRefusals('write', write, ['id', 'content'], ['id', 'title', 'content']));
    const both = write.acknowledged.filter((status) => write.rejected.includes(status));
    if (both.length > 0)
      found.push({
        path: [...base, 'write', 'rejected'],
        saw: both.join(', '),
        allowed: 'statuses that acknowledged does not have',
        message: 'it is unclear which of the two it means',
        remedy: 'remove it from one of them',
      });
  }
  if (get !== undefined) {
    found.push(...placeholderRefusals('get', get, ['id'], ['id']));
    if (write === undefined)
      found.push({
        path: [...base, 'get'],
        saw: 'get without write',
        allowed: 'get beside write',
        message: 'what a run did not write it cannot read by its id',
        remedy: 'remove get, or describe write',
      });
  }
  if (search !== undefined) {
    found.push(...placeholderRefusals('search', search, ['word'], ['word']));
    if (search.method === 'GET' && search.body !== undefined)
      found.push({
        path: [...base, 'search', 'body'],
        saw: 'a body',
        allowed: 'nothing, for GET',
        message: 'a GET is sent without a body',
        remedy: 'set method: POST, or put {word} into the path',
      });
  }
  return found;
}
