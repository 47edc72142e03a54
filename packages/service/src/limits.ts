// The bounds of what a caller may send. docs/service.md and the OpenAPI document state the same numbers.

export const limits = {
  /** Elasticsearch's own limit of an id. */
  idBytes: 512,
  /** Levels of objects and arrays inside `data`. */
  dataDepth: 64,
  bodyBytes: 1024 * 1024,
  bulkBytes: 16 * 1024 * 1024,
  bulkLines: 10_000,
  queryBytes: 1024,
  pageSize: 100,
  /** Hits that may be skipped; for more use `search_after`. */
  skip: 900,
} as const;
