// The engine over HTTP: every node is used, a failing one is left for the next, all within one deadline.
import { setTimeout as sleep } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { Pool } from 'undici';
import type { EngineAddress } from './configuration.ts';
import type { StoredDocument } from './document.ts';
import { EngineError, type BulkOutcome, type Engine, type Hit, type WriteResult } from './engine.ts';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const again = new Set([429, 502, 503, 504]);

export function httpEngine(address: EngineAddress, deadlineMs: number): Engine {
  return new HttpEngine(address, deadlineMs);
}

class HttpEngine implements Engine {
  readonly #pools: readonly Pool[];
  readonly #index: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #deadlineMs: number;
  #turn = 0;

  constructor({ nodes, index, username, password, caPath }: EngineAddress, deadlineMs: number) {
    const ca = caPath === undefined ? {} : { ca: readFileSync(caPath) };
    this.#pools = nodes.map((node) => new Pool(node, { connections: 32, connect: { timeout: 1000, ...ca } }));
    this.#index = index;
    this.#deadlineMs = deadlineMs;
    const user = Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64');
    this.#headers = username === undefined ? {} : { authorization: `Basic ${user}` };
  }

  async write(document: StoredDocument): Promise<WriteResult> {
    const answer = await this.#ask('PUT', `_doc/${encodeURIComponent(document.id)}`, JSON.stringify(document));
    return answer.body as WriteResult;
  }

  async writeMany(documents: readonly StoredDocument[]): Promise<readonly BulkOutcome[]> {
    const answer = await this.#ask('POST', '_bulk', bulkBody(documents), 'application/x-ndjson');
    return (answer.body as { items: BulkItem[] }).items.map(outcome);
  }

  async search(body: Record<string, unknown>, options: { preference?: string } = {}): Promise<readonly Hit[]> {
    const preference = options.preference === undefined ? '' : `?preference=${encodeURIComponent(options.preference)}`;
    const answer = await this.#ask('POST', `_search${preference}`, JSON.stringify(body));
    return answer.status === 404 ? [] : (answer.body as { hits: { hits: Hit[] } }).hits.hits;
  }

  async get(id: string): Promise<Hit | undefined> {
    const answer = await this.#ask('GET', `_doc/${encodeURIComponent(id)}`);
    return answer.status === 404 ? undefined : (answer.body as Hit);
  }

  async remove(id: string): Promise<boolean> {
    return (await this.#ask('DELETE', `_doc/${encodeURIComponent(id)}`)).status !== 404;
  }

  async ready(): Promise<void> {
    const answer = await this.#once('GET', '/_cluster/health?timeout=1s&filter_path=status', undefined, '', 1500);
    if (answer.status !== 200) throw new EngineError('unavailable', `The cluster answered ${answer.status}.`);
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.close()));
  }

  async #ask(method: string, what: string, body?: string, type = 'application/json'): Promise<Answer> {
    const endMs = performance.now() + this.#deadlineMs;
    let reason: unknown;
    for (let attempt = 0; ; attempt += 1) {
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) {
        throw new EngineError('unavailable', 'The search engine did not answer in time.', { cause: reason });
      }
      try {
        const answer = await this.#once(method, `/${this.#index}/${what}`, body, type, leftMs);
        if (!again.has(answer.status)) return checked(answer);
        reason = answer.body;
      } catch (error) {
        if (error instanceof EngineError) throw error;
        reason = error;
      }
      await sleep(Math.min(leftMs, Math.random() * Math.min(2000, 50 * 2 ** attempt)));
    }
  }

  async #once(method: string, path: string, body: string | undefined, type: string, leftMs: number): Promise<Answer> {
    this.#turn = (this.#turn + 1) % this.#pools.length;
    const pool = this.#pools[this.#turn] as Pool;
    const answer = await pool.request({
      method: method,
      path,
      headers: { ...this.#headers, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(Math.ceil(leftMs)),
    });
    return { status: answer.statusCode, body: await answer.body.json() };
  }
}

type BulkItem = Readonly<{ index: WriteResult & { readonly error?: { readonly reason: string } } }>;

function checked(answer: Answer): Answer {
  if (answer.status < 400 || answer.status === 404) return answer;
  const reason = (answer.body as { error?: { reason?: string } }).error?.reason ?? `status ${answer.status}`;
  const kind = answer.status === 400 || answer.status === 413 ? 'refused' : 'unavailable';
  throw new EngineError(kind, `The search engine refused: ${reason}`);
}

function bulkBody(documents: readonly StoredDocument[]): string {
  return documents
    .map((document) => `${JSON.stringify({ index: { _id: document.id } })}\n${JSON.stringify(document)}\n`)
    .join('');
}

function outcome(item: BulkItem): BulkOutcome {
  const { error, ...result } = item.index;
  return error === undefined ? { result } : { failure: new EngineError('refused', error.reason) };
}
