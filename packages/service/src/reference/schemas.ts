// The shapes of the API, as JSON Schema inside the OpenAPI document.
import { limits } from '../limits.ts';

const text = { type: 'string' } as const;

export const schemas = {
  Document: {
    type: 'object',
    required: ['id', 'data'],
    properties: {
      id: {
        description: `At most ${limits.idBytes} bytes in UTF-8. A whole number is taken as its decimal digits.`,
        anyOf: [
          { type: 'string', minLength: 1, maxLength: limits.idBytes },
          { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
        ],
      },
      data: {
        description: `What is kept. Every text in it is searched; at most ${limits.dataDepth} levels deep. Whole numbers keep all digits.`,
        anyOf: [
          { type: 'string', minLength: 1 },
          { type: 'object', minProperties: 1 },
        ],
      },
    },
    example: { id: 'fox', data: { title: 'The quick brown fox', tags: ['animal'] } },
  },
  WriteResult: {
    description: "The search engine's own result; `queued` is the service's, for a write that waits for the engine.",
    type: 'object',
    required: ['_index', '_id', '_version', 'result'],
    properties: {
      _index: text,
      _id: text,
      _version: { type: 'integer' },
      result: { type: 'string', enum: ['created', 'updated', 'queued'] },
      _seq_no: { type: 'integer' },
      _primary_term: { type: 'integer' },
      _shards: { type: 'object' },
    },
  },
  Hit: {
    type: 'object',
    required: ['_index', '_id', '_source'],
    properties: {
      _index: text,
      _id: text,
      _score: { type: ['number', 'null'] },
      _source: { $ref: '#/components/schemas/Source' },
      highlight: { type: 'object', properties: { content: { type: 'array', items: text } } },
      sort: { description: 'Pass it as `search_after` to get the next page.', type: 'array' },
    },
  },
  Source: {
    type: 'object',
    required: ['id', 'content', 'data'],
    properties: {
      id: text,
      content: { description: 'All texts of `data`, one a line: the field that is searched.', type: 'string' },
      data: { description: 'As it was sent.' },
    },
  },
  StoredDocument: {
    type: 'object',
    required: ['_index', '_id', '_version', '_source'],
    properties: {
      _index: text,
      _id: text,
      _version: { type: 'integer' },
      _source: { $ref: '#/components/schemas/Source' },
    },
  },
  BulkAnswer: {
    type: 'object',
    required: ['failed', 'lines'],
    properties: {
      failed: { description: 'How many lines have an error.', type: 'integer' },
      lines: {
        type: 'array',
        items: {
          type: 'object',
          required: ['line', 'status'],
          properties: {
            line: { description: 'Counted from 1.', type: 'integer' },
            status: { description: 'What /index would have answered.', type: 'integer' },
            result: { $ref: '#/components/schemas/WriteResult' },
            error: text,
            code: text,
            field: text,
          },
        },
      },
    },
  },
  Caller: {
    type: 'object',
    required: ['caller', 'scopes'],
    properties: {
      caller: { description: 'Name of the key, or `jwt:` and the subject of the token.', type: 'string' },
      scopes: { type: 'array', items: { type: 'string', enum: ['read', 'write', 'admin', 'monitor'] } },
      requests_per_second: { description: 'On each service machine; absent without a limit.', type: 'number' },
      burst: { type: 'number' },
      peers_sha256: {
        description: "With the scope `monitor`: SHA-256 of the file of service machines' secrets in force.",
        type: 'string',
      },
      keys_sha256: { description: 'With the scope `monitor`: SHA-256 of the list of keys in force.', type: 'string' },
    },
  },
  Health: {
    type: 'object',
    required: ['status'],
    properties: { status: text, queue: { $ref: '#/components/schemas/Queue' } },
  },
  Queue: {
    description: 'The queue for writes on this machine; absent where there is none.',
    type: 'object',
    required: ['bytes', 'most_bytes'],
    properties: { bytes: { type: 'integer' }, most_bytes: { type: 'integer' } },
  },
  Problem: {
    type: 'object',
    required: ['error'],
    properties: {
      error: { description: 'What is wrong and what would be right.', type: 'string' },
      code: {
        description: 'Stable; absent where only the text is the contract.',
        type: 'string',
        enum: [
          ...['invalid', 'not-found', 'method-not-allowed', 'metrics-hidden'],
          ...['engine-refused', 'engine-unavailable', 'overloaded', 'outcome-unknown', 'queue-full', 'internal'],
          ...['write-blocked', 'read-blocked'],
          ...['unauthenticated', 'forbidden', 'rate-limited', 'login-unavailable'],
        ],
      },
      field: { description: 'The part of the request at fault.', type: 'string' },
      retry_after_s: { type: 'integer' },
      reason: { description: 'Why the caller is refused; stable.', type: 'string' },
      scope: { description: 'The scope that is missing.', type: 'string' },
      queue: { $ref: '#/components/schemas/Queue' },
      request_id: text,
    },
  },
} as const;
