// The interface between the resource files and the transport: one call as a value.
import { z } from 'zod';

export interface CallOptions {
  /** Cancels the call and its retries; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Bound on the whole call, all attempts and pauses together. Default: the client's `deadlineMs`. */
  readonly deadlineMs?: number;
}

export interface Call<Answer> extends CallOptions {
  /** `instances.create`: what counters and errors call it. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the base URL, starting with `/`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly filter?: object;
  readonly body?: object;
  readonly answer: z.ZodType<Answer>;
}

export interface ListCall<Item> extends CallOptions {
  readonly name: string;
  readonly path: string;
  readonly filter?: object | undefined;
  readonly item: z.ZodType<Item>;
  /** Absent for the lists that take no page size: they come whole. */
  readonly pageSize?: number;
  /** Reads no more than this many pages. Default: all. */
  readonly maxPages?: number;
}

export interface Transport {
  send<Answer>(call: Call<Answer>): Promise<Answer>;
  list<Item extends { readonly id: unknown }>(call: ListCall<Item>): Promise<Item[]>;
  /** As `send`, with the answer's headers. */
  sendWithHeaders<Answer>(call: Call<Answer>): Promise<{ answer: Answer; headers: Headers }>;
}

/** Actions and deletes answer an empty object. */
const nothing = z.unknown().transform(() => undefined);

/** The transport as the resource files use it: one line for one operation. */
export function verbs(transport: Transport) {
  return {
    get: <Answer>(name: string, path: string, answer: z.ZodType<Answer>, options: CallOptions = {}) =>
      transport.send({ ...options, name, method: 'GET', path, answer }),
    post: <Answer>(name: string, path: string, body: object, answer: z.ZodType<Answer>, options: CallOptions = {}) =>
      transport.send({ ...options, name, method: 'POST', path, body, answer }),
    put: <Answer>(name: string, path: string, body: object, answer: z.ZodType<Answer>, options: CallOptions = {}) =>
      transport.send({ ...options, name, method: 'PUT', path, body, answer }),
    /** A POST whose answer says nothing. */
    act: (name: string, path: string, options: CallOptions = {}) =>
      transport.send({ ...options, name, method: 'POST', path, body: {}, answer: nothing }),
    delete: (name: string, path: string, options: CallOptions = {}) =>
      transport.send({ ...options, name, method: 'DELETE', path, answer: nothing }),
    /** Every page, as few requests as Linode allows. */
    list: <Item extends { readonly id: unknown }>(
      name: string,
      path: string,
      item: z.ZodType<Item>,
      options: CallOptions = {},
      filter?: object,
    ) => transport.list({ ...options, name, path, filter, item, pageSize: 500 }),
    /** A list that takes no page size. */
    listWhole: <Item extends { readonly id: unknown }>(
      name: string,
      path: string,
      item: z.ZodType<Item>,
      options: CallOptions = {},
    ) => transport.list({ ...options, name, path, item }),
  };
}
