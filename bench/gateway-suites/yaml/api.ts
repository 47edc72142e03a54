// The engine's own description of its API, files of one operation each, and the request that a step stands for.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Call } from './http.ts';

interface Path {
  readonly path: string;
  readonly methods: readonly string[];
}

interface Operation {
  readonly url: { readonly paths: readonly Path[] };
  readonly params?: Readonly<Record<string, unknown>>;
  readonly body?: { readonly serialize?: string } | null;
  readonly headers?: { readonly accept?: readonly string[]; readonly content_type?: readonly string[] };
}

export type Api = ReadonlyMap<string, Operation>;

/** A step that cannot be made into a request; the official clients refuse it too. */
export class ParameterError extends Error {}

export async function readApi(folder: string): Promise<Api> {
  const operations = new Map<string, Operation>();
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.json') || name.startsWith('_common')) continue;
    const content = JSON.parse(await readFile(join(folder, name), 'utf8')) as Record<string, Operation>;
    for (const [operation, description] of Object.entries(content)) operations.set(operation, description);
  }
  if (operations.size === 0)
    throw new Error(`There is no description of an operation in ${folder}: it needs files such as search.json.`);
  return operations;
}

export interface Wish {
  readonly operation: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Sends a body with GET where the API allows both GET and POST. */
  readonly getWithBody: boolean;
}

/** The request; undefined when the description does not have the operation. */
export function callOf(api: Api, { operation, args, headers, getWithBody }: Wish): Call | undefined {
  const description = api.get(operation);
  if (description === undefined) return undefined;
  const { body } = args;
  const rest = Object.fromEntries(Object.entries(args).filter(([name]) => name !== 'body' && name !== 'ignore'));
  const path = longestPath(description.url.paths, rest);
  if (path === undefined)
    throw new ParameterError(`${operation} lacks a part of its path: ${Object.keys(rest).join(', ')}`);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(rest))
    if (!path.path.includes(`{${name}}`)) query.append(name, textOf(value));
  const filled = path.path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(textOf(rest[name])));
  const text = query.toString();
  const sent = body === undefined ? undefined : serialize(body, description.body?.serialize === 'bulk');
  const accept = description.headers?.accept?.[0] ?? 'application/json';
  const type = typeOf(description);
  return {
    method: methodOf(path.methods, sent !== undefined, getWithBody),
    path: text === '' ? filled : `${filled}?${text}`,
    headers: {
      accept,
      ...(sent === undefined ? {} : { 'content-type': type }),
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    },
    body: sent,
  };
}

function typeOf({ headers, body }: Operation): string {
  const types = headers?.content_type ?? [];
  const wanted = body?.serialize === 'bulk' ? 'application/x-ndjson' : 'application/json';
  return types.includes(wanted) ? wanted : (types[0] ?? wanted);
}

/** The path that uses the most of the given parts, and all of whose parts are given. */
function longestPath(paths: readonly Path[], args: Readonly<Record<string, unknown>>): Path | undefined {
  const parts = (path: Path): readonly string[] => [...path.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  const given = (name: string): boolean => args[name] !== undefined && args[name] !== null && args[name] !== '';
  return paths
    .filter((path) => parts(path).every(given))
    .sort((one, other) => parts(other).length - parts(one).length)[0];
}

function methodOf(methods: readonly string[], hasBody: boolean, getWithBody: boolean): string {
  if (methods.includes('GET') && methods.includes('POST')) return hasBody && !getWithBody ? 'POST' : 'GET';
  // A document with an id is written with PUT, without one with POST: each path has its own methods.
  return methods.includes('PUT') ? 'PUT' : (methods[0] ?? 'GET');
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function serialize(body: unknown, lines: boolean): string {
  if (typeof body === 'string') return lines && !body.endsWith('\n') ? `${body}\n` : body;
  if (!lines) return JSON.stringify(body);
  const entries = Array.isArray(body) ? body : [body];
  return entries.map((entry) => `${typeof entry === 'string' ? entry.trim() : JSON.stringify(entry)}\n`).join('');
}
