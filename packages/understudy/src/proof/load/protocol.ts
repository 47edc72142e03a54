// How the application under test is spoken to: its requests, what its answers mean, and how its documents are compared. The
// built-in service's API, or what `drills.workload` of the topology says.
import { digestOf, type DrillDocument } from '../history/digest.ts';
import type { Operation, WorkloadAdapter, WorkloadPlan } from '../history/records.ts';
import { meaningOf, parseJson, sourceOf, type Answer, type Meaning } from './answer.ts';
import { valueAt } from './json-pointer.ts';
import type { WireRequest } from './wire.ts';

/** A request without the place it goes to. */
export interface Asked extends Pick<WireRequest, 'method' | 'body'> {
  readonly path: string;
}

export interface Protocol {
  readonly operations: readonly Operation[];
  /** Whether a write with an id that exists replaces the document. */
  readonly rewrites: boolean;
  write(id: string, document: DrillDocument): Asked;
  get(id: string): Asked;
  search(word: string): Asked;
  meaningOf(operation: Operation, answer: Answer): Meaning;
  /** Three digests of one document are equal: as it is sent, as a get answers with it, as the engine holds it. */
  digestOfSent(document: DrillDocument): string;
  /** `absent` when the answer says that there is no such document. */
  digestOfAnswer(status: number, body: string): string;
  digestOfStored(source: unknown): string;
}

export function protocolOf(plan: Pick<WorkloadPlan, 'adapter' | 'documentPath'>): Protocol {
  return plan.adapter === undefined ? builtIn(plan.documentPath) : adapted(plan.adapter);
}

function builtIn(documentPath: string | null): Protocol {
  return {
    operations: documentPath === null ? ['index', 'search'] : ['index', 'get', 'search'],
    rewrites: true,
    write: (id, data) => ({ method: 'POST', path: '/index', body: JSON.stringify({ id, data }) }),
    get: (id) => ({ method: 'GET', path: (documentPath ?? '').replace('{id}', encodeURIComponent(id)) }),
    search: (word) => ({ method: 'GET', path: `/search?q=${encodeURIComponent(word)}` }),
    meaningOf,
    digestOfSent: digestOf,
    digestOfAnswer: (status, body) => (status === 404 ? 'absent' : digestOf(sourceOf(body))),
    digestOfStored: digestOf,
  };
}

function adapted(adapter: WorkloadAdapter): Protocol {
  const { write, get, search, stored } = adapter;
  const digestAt = (json: unknown, pointer: string) => digestOf({ content: valueAt(json, pointer) });
  return {
    operations: [
      ...(write ? (['index'] as const) : []),
      ...(get ? (['get'] as const) : []),
      ...(search ? (['search'] as const) : []),
    ],
    rewrites: write?.rewrites ?? false,
    write: (id, { title, content }) => asked(write, { id, title, content }),
    get: (id) => asked(get, { id }),
    search: (word) => asked(search, { word }),
    meaningOf(operation, answer) {
      if (!('body' in answer)) return meaningOf(operation, answer);
      if (operation === 'index') return meaningOfWrite(write, answer);
      return operation === 'get' ? meaningOfGet(get, answer) : meaningOfSearch(search, answer);
    },
    // The title may be nowhere in the application's documents; the content has id, revision and mark.
    digestOfSent: ({ content }) => digestOf({ content }),
    digestOfAnswer: (status, body) =>
      get?.absent.includes(status) ? 'absent' : digestAt(parseJson(body), get?.content ?? ''),
    digestOfStored: (source) => digestAt(source, stored.content),
  };
}

type Body = Readonly<Record<string, unknown>>;
interface Template {
  readonly method?: Asked['method'];
  readonly path: string;
  readonly body?: Body | undefined;
}

function asked(template: Template | undefined, values: Readonly<Record<string, string>>): Asked {
  const { method = 'GET', path, body } = template ?? { path: '/' };
  return {
    method,
    path: fill(path, values, encodeURIComponent),
    ...(body === undefined ? {} : { body: JSON.stringify(filled(body, values)) }),
  };
}

function fill(text: string, values: Readonly<Record<string, string>>, write = (value: string) => value): string {
  return text.replace(/\{([a-z]+)\}/g, (placeholder, name: string) => {
    const value = values[name];
    return value === undefined ? placeholder : write(value);
  });
}

/** A copy of the template with every placeholder in its texts filled in. */
function filled(template: unknown, values: Readonly<Record<string, string>>): unknown {
  if (typeof template === 'string') return fill(template, values);
  if (Array.isArray(template)) return template.map((item) => filled(item, values));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, filled(value, values)]));
}

type Answered = Extract<Answer, { readonly body: string }>;

function meaningOfWrite(write: WorkloadAdapter['write'], { status, body }: Answered): Meaning {
  const error = `HTTP ${status}`;
  if (write?.rejected.includes(status)) return { outcome: 'rejected', error };
  if (!write?.acknowledged.includes(status)) return { outcome: 'unknown', error };
  const { proof } = write;
  if (proof === undefined) return { outcome: 'acknowledged' };
  const seen = valueAt(parseJson(body), proof.at);
  if (proof.is.includes(seen)) return { outcome: 'acknowledged' };
  return { outcome: 'unknown', error: `HTTP ${status} with ${shown(seen)} at ${proof.at || 'the top'}` };
}

function meaningOfGet(get: WorkloadAdapter['get'], { status }: Answered): Meaning {
  const answered = get?.answered.includes(status) === true || get?.absent.includes(status) === true;
  return answered ? { outcome: 'answered' } : { outcome: 'failed', error: `HTTP ${status}` };
}

function meaningOfSearch(search: WorkloadAdapter['search'], { status, body }: Answered): Meaning {
  if (!search?.answered.includes(status)) return { outcome: 'failed', error: `HTTP ${status}` };
  if (search.hits === undefined || Array.isArray(valueAt(parseJson(body), search.hits))) return { outcome: 'answered' };
  return { outcome: 'failed', error: `HTTP ${status} without a list at ${search.hits || 'the top'}` };
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 60);
}
