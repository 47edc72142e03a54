// The `drills.workload:` section of the topology file: how drills use an application that is not the built-in service.
import { z } from 'zod';
import { field } from './field.ts';

const path = z.string().regex(/^\/[^\s#]*$/);
const pathText = {
  allowed: 'a path that starts with /, without spaces and #',
  remedy: 'write the path as users send it, with placeholders such as {id}',
} as const;
const statuses = z.array(z.int().min(200).max(599)).min(1).max(40);
const statusText = { allowed: 'a list of HTTP statuses, 200 to 599' } as const;
const pointer = z.string().regex(/^(?:\/(?:[^~/]|~[01])*)*$/);
const pointerText = {
  allowed: 'a JSON pointer (RFC 6901) such as /data/content; empty for the whole answer',
  remedy: 'write the keys on the way to the value, each after a /',
} as const;
const body = z.record(z.string(), z.unknown());
const bodyText = {
  about: 'JSON that is sent; placeholders inside its texts are filled in.',
  examples: [{ id: '{id}', data: { title: '{title}', content: '{content}' } }],
  allowed: 'a mapping',
  remedy: 'write the JSON as a mapping, with placeholders such as {content} in its texts',
} as const;

const write = z.strictObject({
  method: field(z.enum(['POST', 'PUT', 'PATCH']).default('POST'), {
    about: 'HTTP method of a write.',
    allowed: 'POST, PUT or PATCH',
    remedy: 'leave it out for POST',
  }),
  path: field(path, {
    about: 'Path of a write; `{id}` and `{title}` are filled in.',
    examples: ['/index', '/articles/{id}'],
    ...pathText,
  }),
  body: field(body, bodyText),
  acknowledged: field(statuses.default([200, 201]), {
    about: 'Statuses that say: the document is stored. Not 202, unless nothing accepted can be lost.',
    ...statusText,
    remedy: 'leave it out for 200 and 201',
  }),
  rejected: field(statuses.default([400, 401, 403, 404, 405, 411, 413, 415, 422]), {
    about: 'Statuses that say: nothing was stored and nothing will be. Every other answer leaves the outcome unknown.',
    ...statusText,
    remedy: 'leave it out for the statuses that refuse a request',
  }),
  proof: field(
    z
      .strictObject({
        at: field(pointer, { about: 'Where in the answer.', examples: ['/result'], ...pointerText }),
        is: field(z.array(z.union([z.string(), z.number(), z.boolean()])).min(1), {
          about: 'The values that acknowledge.',
          examples: [['created', 'updated']],
          allowed: 'a list of texts, numbers, true or false',
          remedy: 'write what the answer holds there when the document is stored',
        }),
      })
      .optional(),
    {
      about: 'What an acknowledging answer holds beside its status. Without it the status is enough.',
      examples: [{ at: '/result', is: ['created', 'updated'] }],
      allowed: 'a mapping with at and is',
      remedy: 'leave it out when the status is enough',
    },
  ),
  rewrites: field(z.boolean().default(true), {
    about: 'Whether a second write with the same id replaces the document. A fifth of the writes are such.',
    allowed: 'true or false',
    remedy: 'set false when the application refuses an id that exists',
  }),
});

const get = z.strictObject({
  path: field(path, { about: 'Path of a read by id, with `{id}`.', examples: ['/documents/{id}'], ...pathText }),
  content: field(pointer, {
    about: 'Where in the answer the content is.',
    examples: ['/data/content'],
    ...pointerText,
  }),
  answered: field(statuses.default([200]), {
    about: 'Statuses that answer with the document.',
    ...statusText,
    remedy: 'leave it out for 200',
  }),
  absent: field(statuses.default([404]), {
    about: 'Statuses that answer: there is no such document.',
    ...statusText,
    remedy: 'leave it out for 404',
  }),
});

const search = z.strictObject({
  method: field(z.enum(['GET', 'POST']).default('GET'), {
    about: 'HTTP method of a search.',
    allowed: 'GET or POST',
    remedy: 'leave it out for GET',
  }),
  path: field(path, {
    about: 'Path of a search; `{word}` is filled in.',
    examples: ['/search?q={word}'],
    ...pathText,
  }),
  body: field(body.optional(), { ...bodyText, examples: [{ query: '{word}' }] }),
  answered: field(statuses.default([200]), {
    about: 'Statuses that answer the search.',
    ...statusText,
    remedy: 'leave it out for 200',
  }),
  hits: field(pointer.optional(), {
    about: 'Where in the answer the list of hits is; an answer without a list there has failed.',
    examples: ['', '/hits'],
    ...pointerText,
  }),
});

export const workload = z.strictObject({
  write: field(write.optional(), {
    about: 'How a document is written. Without it no writes are sent, and nothing is proven about documents.',
    allowed: 'a mapping with path and body',
    remedy: 'write {path: /index, body: {id: "{id}", text: "{content}"}}',
  }),
  get: field(get.optional(), {
    about: 'How a document is read by its id. Without it no reads by id are sent.',
    allowed: 'a mapping with path and content',
    remedy: 'leave it out when the application has no such path',
  }),
  search: field(search.optional(), {
    about: 'How documents are searched. Without it no searches are sent.',
    allowed: 'a mapping with path',
    remedy: 'leave it out when the application has no such path',
  }),
  stored: field(
    z.strictObject({
      content: field(pointer, {
        about: 'Where in the document, as the engine holds it, the content is.',
        examples: ['/content'],
        ...pointerText,
      }),
    }),
    {
      about: 'How the engine holds a document: by it the documents are read back after a run, from each copy.',
      examples: [{ content: '/content' }],
      allowed: 'a mapping with content',
      remedy: 'write {content: /content}, or where the application puts the text',
    },
  ),
});
