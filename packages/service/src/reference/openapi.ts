// The API as an OpenAPI 3.1 document. A test compares it with the answers of the service.
import { limits } from '../limits.ts';
import { schemas } from './schemas.ts';

type Json = Readonly<Record<string, unknown>>;

function json(description: string, schema: Json): Json {
  return { description, content: { 'application/json': { schema } } };
}

function ref(name: keyof typeof schemas): Json {
  return { $ref: `#/components/schemas/${name}` };
}

function problem(description: string): Json {
  return json(description, ref('Problem'));
}

const invalid = { '400': problem('The request is wrong; `field` says where.') };

const engineDown = {
  '429': {
    ...problem(
      'The search engine did not answer in time, or is overloaded: try again after `Retry-After` seconds. ' +
        'With code `outcome-unknown` the write may have been done; to repeat it is safe. With `write-blocked` or `read-blocked` ' +
        'the engine refuses all such requests until an operator, or more disk space, removes a block; `error` says which.',
    ),
    headers: { 'Retry-After': { description: 'Seconds', schema: { type: 'integer' } } },
  },
};

const body = {
  '413': problem('The body is too large.'),
  '415': problem('The body has another content type or charset than this path takes, or a Content-Encoding.'),
};

function parameter(name: string, where: 'query' | 'path' | 'header', description: string, schema: Json): Json {
  return { name, in: where, description, required: where === 'path' || name === 'q', schema };
}

const idParameter = parameter('id', 'path', `At most ${limits.idBytes} bytes in UTF-8.`, {
  type: 'string',
  minLength: 1,
  maxLength: limits.idBytes,
});

const preferParameter = parameter(
  'Prefer',
  'header',
  '`respond-async`: where the service has a queue, a write that the search engine cannot take now is kept on disk and answered ' +
    'with 202 instead of 429. With `wait=SECONDS` that is decided after so long.',
  { type: 'string', examples: ['respond-async', 'respond-async, wait=5'] },
);

const queued = {
  '202': {
    ...json(
      'Queued on the disk of the service machine, because the search engine is down: it is written when it is back. Done ' +
        'when the document has `_version` or a higher one. Only for requests with `Prefer`.',
      ref('WriteResult'),
    ),
    headers: {
      Location: { description: 'Path of the document.', schema: { type: 'string' } },
      'Preference-Applied': { schema: { type: 'string', const: 'respond-async' } },
    },
  },
};

const searchParameters = [
  parameter('q', 'query', `Words to find, at most ${limits.queryBytes} bytes.`, {
    type: 'string',
    minLength: 1,
    maxLength: limits.queryBytes,
  }),
  parameter('size', 'query', 'Hits to return.', { type: 'integer', minimum: 0, maximum: limits.pageSize, default: 10 }),
  parameter('from', 'query', 'Hits to skip; ignored with `search_after`, which has no such limit.', {
    type: 'integer',
    minimum: 0,
    maximum: limits.skip,
    default: 0,
  }),
  parameter('search_after', 'query', 'Empty for the first page in a stable order, then the `sort` of the last hit.', {
    type: 'string',
    // A part of what is taken: an id may have any character, escaped as JSON has it.
    pattern: '^(\\[-?(0|[1-9][0-9]{0,5})(\\.[0-9]{1,6})?,"[a-z0-9]*"\\])?$',
    examples: ['', '[1.25,"fox"]'],
  }),
  parameter(
    'highlight',
    'query',
    'Adds the places that matched, with HTML escaped and <em> around the words; not to a document of over a million characters.',
    {
      type: 'boolean',
      default: false,
    },
  ),
];

const paths = {
  '/index': {
    post: {
      operationId: 'indexDocument',
      summary: 'Create or replace a document',
      description: 'Answered when the search engine has it on disk on every copy in sync; found within about a second.',
      parameters: [preferParameter],
      requestBody: { required: true, content: { 'application/json': { schema: ref('Document') } } },
      responses: { '201': json('Written.', ref('WriteResult')), ...queued, ...invalid, ...body, ...engineDown },
    },
  },
  '/bulk': {
    post: {
      operationId: 'indexDocuments',
      summary: 'Create or replace many documents',
      description: `A document as for /index on each line, ${limits.bulkLines} lines at most. Each line has its own result.`,
      parameters: [preferParameter],
      requestBody: {
        required: true,
        content: { 'application/x-ndjson': { schema: { description: 'Lines of JSON.' } } },
      },
      responses: { '200': json('Each line was tried.', ref('BulkAnswer')), ...invalid, ...body, ...engineDown },
    },
  },
  '/search': {
    get: {
      operationId: 'searchDocuments',
      summary: 'Find documents by their text, best first',
      parameters: searchParameters,
      responses: { '200': json('The hits.', { type: 'array', items: ref('Hit') }), ...invalid, ...engineDown },
    },
  },
  '/documents/{id}': {
    get: {
      operationId: 'getDocument',
      summary: 'Read one document',
      parameters: [idParameter],
      responses: {
        '200': json('The document.', ref('StoredDocument')),
        ...invalid,
        '404': problem('There is none with this id.'),
        ...engineDown,
      },
    },
    delete: {
      operationId: 'deleteDocument',
      summary: 'Delete one document',
      parameters: [idParameter],
      responses: {
        '204': { description: 'Deleted.' },
        ...invalid,
        '404': problem('There is none with this id.'),
        ...engineDown,
      },
    },
  },
  '/healthz': {
    get: {
      operationId: 'liveness',
      summary: 'Liveness of this process; the check of the balancer',
      responses: {
        '200': json('It does.', ref('Health')),
        '503': json('The process is about to stop.', ref('Health')),
      },
    },
  },
  '/readyz': {
    get: {
      operationId: 'readiness',
      summary: 'Does the search engine answer?',
      responses: { '200': json('It does.', ref('Health')), ...engineDown },
    },
  },
  '/whoami': {
    get: {
      operationId: 'whoami',
      summary: 'Who the caller is here, and what it may do',
      responses: { '200': json('The caller.', ref('Caller')) },
    },
  },
  '/metrics': {
    get: {
      operationId: 'metrics',
      summary: 'Metrics of all workers, for Prometheus',
      responses: {
        '200': { description: 'Text exposition format.', content: { 'text/plain': { schema: { type: 'string' } } } },
        '404': problem('Hidden from requests through a balancer.'),
      },
    },
  },
};

export const openApi = {
  openapi: '3.1.0',
  info: {
    title: 'Index and search',
    version: '1.0.0',
    description:
      'Documents are stored with an id, found by search and read by id. Every answer carries `X-Request-Id`. ' +
      'Writes are safe to repeat: the id is yours.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  paths,
  components: { schemas },
} as const;
