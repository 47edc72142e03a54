// Searches: alone and hedged, or gathered into an msearch where that is faster.
import { LaneSet } from '../gather/lane-set.ts';
import { ReadEntry, SearchBatchFormat, type SearchEntry } from '../gather/read-batch.ts';
import { GatherSwitch } from '../gather/switch.ts';
import { errorIn, readJson } from '../json/json.ts';
import { RecentQuantile } from '../policy/quantile.ts';
import { toRefusal, toUnreadable } from '../formats/refusal.ts';
import type { Executor } from './executor.ts';
import { searchRequest, toSearchResult } from '../formats/search.ts';
import { timed } from './timed.ts';
import type { OperationOptions, SearchRequest, SearchResult } from '../model/operations.ts';

export class Searches {
  readonly #executor: Executor;
  readonly #latency = new RecentQuantile(0.95);
  readonly #gatheredLatency = new RecentQuantile(0.95);
  readonly #lanes: LaneSet<SearchEntry>;
  readonly #switch: GatherSwitch;

  constructor(executor: Executor) {
    const { core, settings } = executor;
    this.#executor = executor;
    const latency = settings.hedging ? this.#gatheredLatency : undefined;
    // Searches of one request wait for the slowest among them: small batches keep a slow one from delaying many.
    this.#lanes = new LaneSet(core, new SearchBatchFormat(core, latency), {
      ...settings.gather,
      maxCount: 16,
      inFlight: 4,
      divides: false,
    });
    this.#switch = new GatherSwitch(
      settings.gather.searches,
      false,
      () => core.nodes.allUp,
      (on) => core.events.emit('gathering', { kind: 'search', on }),
    );
  }

  async search<T>(request: SearchRequest, options: OperationOptions): Promise<SearchResult<T>> {
    const wire = searchRequest(request);
    const deadlineAt = this.#executor.deadlineAt(options);
    const alone = (): Promise<SearchResult<T>> => this.#alone<T>(request, wire, deadlineAt, options);
    if (options.gather === false) return alone();
    const gathered = this.#switch.on;
    return timed(this.#executor.core, this.#switch, () => {
      if (!gathered) return alone();
      const bytes = (wire.body?.length ?? 0) + 128;
      return this.#gathered(request, bytes, deadlineAt, options.signal, alone) as Promise<SearchResult<T>>;
    });
  }

  #gathered(
    request: SearchRequest,
    bytes: number,
    deadlineAt: number,
    signal: AbortSignal | undefined,
    alone: () => Promise<SearchResult>,
  ): Promise<SearchResult> {
    this.#executor.admit('search', deadlineAt, signal);
    if (!this.#lanes.hasRoom('', bytes)) throw this.#executor.shed('search');
    return new Promise((resolve, reject) => {
      const about = { operation: 'search', laneKey: '', bytes, deadlineAt, signal, alone };
      this.#lanes.push(new ReadEntry(this.#executor.core, request, about, resolve, reject));
    });
  }

  async #alone<T>(
    request: SearchRequest,
    wire: ReturnType<typeof searchRequest>,
    deadlineAt: number,
    options: OperationOptions,
  ): Promise<SearchResult<T>> {
    const answer = await this.#executor.call({
      operation: 'search',
      request: wire,
      safety: 'read',
      deadlineAt,
      signal: options.signal,
      gated: true,
      hedgeAfter: options.hedge === false || this.#executor.settings.hedging === null ? undefined : this.#latency,
      takesPreference: request.preference === undefined,
    });
    const { status, body, attempts } = answer;
    if (status >= 300) throw toRefusal('search', status, errorIn(body));
    const result = toSearchResult<T>(readJson(body, this.#executor.core.options.exactIntegers), attempts);
    if (!result) throw toUnreadable('search', status, 'none');
    return result;
  }
}
