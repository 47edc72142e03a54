// The engine through the resilient client: its results in the engine's own format, its errors as those that callers distinguish.
import { readFileSync } from 'node:fs';
import {
  createClient,
  isClientError,
  type BulkItem,
  type Client,
  type ClientError,
  type SearchHit,
  type OperationOptions,
  type WriteResult as ClientWrite,
} from '@understudy/client';
import type { Logger } from 'pino';
import type { Configuration } from './configuration.ts';
import type { StoredDocument } from './document.ts';
import { engineError } from './engine-error.ts';
import type { BulkOutcome, Engine, Hit, DeferredOutcome, DeferredWrite, WriteResult } from './engine.ts';

/** Readiness is asked by people and machines that wait for the answer, so it has a shorter deadline. */
const readyWithinMs = 1500;

export function clientFor(configuration: Configuration, logger: Logger): Client {
  const { engine, deadlineMs, gather } = configuration;
  const { nodes, username, password, caPath } = engine;
  const client = createClient({
    nodes,
    deadlineMs,
    // Integers are returned with every digit.
    exactIntegers: true,
    ...(gather === 'off' ? { gather: false } : {}),
    ...(username === undefined || password === undefined ? {} : { auth: { username, password } }),
    ...(caPath === undefined ? {} : { tls: { ca: readFileSync(caPath) } }),
  });
  client.on('node', (event) => logger.warn(event, 'an engine node changed state'));
  client.on('breaker', (event) => logger.warn(event, 'the circuit to the engine changed state'));
  client.on('gathering', (event) => logger.info(event, 'gathering of requests was switched'));
  client.on('retry', (event) => logger.debug(event, 'retry'));
  return client;
}

export class ClientEngine implements Engine {
  readonly #client: Client;
  readonly #index: string;

  constructor(client: Client, index: string) {
    this.#client = client;
    this.#index = index;
  }

  async write(document: StoredDocument, options: OperationOptions = {}): Promise<WriteResult> {
    try {
      return writeResult(await this.#client.index({ index: this.#index, id: document.id, document }, options));
    } catch (error) {
      throw engineError(error, 'write');
    }
  }

  async writeMany(
    documents: readonly StoredDocument[],
    options: OperationOptions = {},
  ): Promise<readonly BulkOutcome[]> {
    const operations = documents.map((document) => ({
      op: 'index' as const,
      index: this.#index,
      id: document.id,
      document,
    }));
    try {
      return (await this.#client.bulk({ operations }, options)).items.map(bulkOutcome);
    } catch (error) {
      const failure = engineError(error, 'write');
      return documents.map(() => ({ failure }));
    }
  }

  newFence(): number {
    return this.#client.newFence();
  }

  async writeDeferred(writes: readonly DeferredWrite[]): Promise<readonly DeferredOutcome[]> {
    const operations = writes.map(({ fence, document }) => ({
      op: 'index' as const,
      index: this.#index,
      id: document.id,
      document,
      fence,
    }));
    try {
      return (await this.#client.bulk({ operations })).items.map((item) =>
        item.ok ? { kind: 'written' } : deferredOutcome(item.error),
      );
    } catch (error) {
      if (!isClientError(error)) throw error;
      return writes.map(() => deferredOutcome(error));
    }
  }

  async search(body: Record<string, unknown>, options: { readonly preference?: string } = {}): Promise<readonly Hit[]> {
    try {
      return (await this.#client.search({ index: this.#index, body, ...options })).hits.map(hit);
    } catch (error) {
      // The index is made by the first write; before it there is nothing to find.
      if (isClientError(error) && error.code === 'not-found') return [];
      throw engineError(error, 'read');
    }
  }

  async get(id: string): Promise<Hit | undefined> {
    try {
      const got = await this.#client.get({ index: this.#index, id });
      if (!got.found) return undefined;
      const { index, version, seqNo, primaryTerm, source } = got;
      return { _index: index, _id: id, _version: version, _seq_no: seqNo, _primary_term: primaryTerm, _source: source };
    } catch (error) {
      if (isClientError(error) && error.code === 'not-found') return undefined;
      throw engineError(error, 'read');
    }
  }

  async remove(id: string): Promise<boolean> {
    try {
      return (await this.#client.delete({ index: this.#index, id })).result === 'deleted';
    } catch (error) {
      if (isClientError(error) && error.code === 'not-found') return false;
      throw engineError(error, 'write');
    }
  }

  async ready(): Promise<void> {
    try {
      // Answered by the elected master: without one the cluster takes no write.
      const request = { method: 'GET', path: '/_cluster/health', query: { timeout: '1s' } } as const;
      await this.#client.request(request, { deadlineMs: readyWithinMs });
    } catch (error) {
      throw engineError(error, 'read');
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}

function writeResult({ index, id, version, result, seqNo, primaryTerm }: ClientWrite): WriteResult {
  return { _index: index, _id: id, _version: version, result, _seq_no: seqNo, _primary_term: primaryTerm };
}

function bulkOutcome(item: BulkItem): BulkOutcome {
  return item.ok ? { result: writeResult(item) } : { failure: engineError(item.error, 'write') };
}

function deferredOutcome(error: ClientError): DeferredOutcome {
  if (error.code === 'conflict') return { kind: 'superseded' };
  const { kind } = engineError(error, 'write');
  if (kind === 'refused') return { kind, reason: error.engineError?.reason ?? error.message };
  return { kind: 'waits', takesNothing: error.code === 'circuit-open' || kind === 'write-blocked' };
}

function hit({ index, id, score, source, highlight, sort }: SearchHit): Hit {
  return {
    _index: index,
    _id: id,
    _score: score,
    _source: source,
    ...(highlight === undefined ? {} : { highlight }),
    ...(sort === undefined ? {} : { sort }),
  };
}
