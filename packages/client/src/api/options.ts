// What `createClient` takes, and how it becomes the parts' own options. Every default is written here or beside its part.
import { ClientError } from '../model/errors.ts';
import { retryStatusesDefault } from '../policy/classify.ts';
import { backoffDefaults, type BackoffOptions } from '../policy/backoff.ts';
import { breakerDefaults, type BreakerOptions } from '../policy/breaker.ts';
import { hedgeBudgetDefaults, retryBudgetDefaults, type BudgetOptions } from '../policy/budget.ts';
import { limiterDefaults, type LimiterOptions } from '../policy/limiter.ts';
import { basicAuthorization, toNodeAddress, type NodeAddress } from '../nodes/address.ts';
import { nodeSetDefaults, type NodeSetOptions } from '../nodes/node-set.ts';
import type { TlsOptions } from '../nodes/undici-wire.ts';
import type { WireFactory } from '../nodes/wire.ts';
import { systemTime, type Time } from '../time/time.ts';
import type { CallOptions } from '../call/core.ts';

/** How the client proves who it is. */
export type Auth =
  { readonly username: string; readonly password: string } | { readonly apiKey: string } | { readonly bearer: string };

export interface GatherOptions {
  /** Most operations of one gathered request. */
  readonly maxCount: number;
  /** Most bytes of one gathered request; a larger document is sent alone. */
  readonly maxBytes: number;
  /** Most operations waiting over all lanes; more are shed. */
  readonly maxQueue: number;
  /** Most bytes waiting over all lanes; more is shed. */
  readonly maxQueueBytes: number;
  /** Requests in flight per lane. */
  readonly inFlight: number;
  /** `auto` measures gathered and single requests and keeps what is faster; `on` and `off` do not measure. */
  readonly writes: 'auto' | 'on' | 'off';
  readonly gets: 'auto' | 'on' | 'off';
  readonly searches: 'auto' | 'on' | 'off';
  /** False puts all writes of an index in one lane. */
  readonly lanePerShard: boolean;
}

const gatherDefaults: GatherOptions = {
  maxCount: 500,
  maxBytes: 4 * 1024 * 1024,
  maxQueue: 10_000,
  maxQueueBytes: 64 * 1024 * 1024,
  inFlight: 2,
  writes: 'auto',
  gets: 'auto',
  searches: 'auto',
  lanePerShard: true,
};

export interface ClientOptions {
  /**
   * URLs of the nodes. All of them are used. `http://user:password@host:9200/prefix`: user and password, percent-decoded, are
   * those of this node unless there is `auth`; the prefix comes before every path.
   */
  readonly nodes: readonly (string | URL)[];
  readonly auth?: Auth;
  readonly tls?: TlsOptions;
  /** Further headers of every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Time for a whole operation, when it does not bring its own; 30 s. It must be longer than the engine's own failover. */
  readonly deadlineMs?: number;
  /** Most requests for one operation; 20, because deadline and budget end it sooner. */
  readonly maxAttempts?: number;
  readonly retryStatuses?: readonly number[];
  readonly backoff?: Partial<BackoffOptions>;
  readonly retryBudget?: Partial<BudgetOptions>;
  readonly hedging?: false | (Partial<BudgetOptions> & { readonly minMs?: number });
  /** Bounds of one attempt. By default a read may take a third, a write a quarter of what is left of the deadline. */
  readonly attempt?: { readonly minMs?: number; readonly maxMs?: number };
  /** The circuit of the whole cluster. `allDownMs`: how long every node must be down before calls fail fast. */
  readonly breaker?: Partial<BreakerOptions> & { readonly allDownMs?: number };
  readonly nodeHealth?: Partial<NodeSetOptions>;
  readonly admission?: {
    readonly reads?: Partial<LimiterOptions>;
    readonly writes?: Partial<LimiterOptions>;
    readonly maxQueue?: number;
  };
  readonly gather?: false | Partial<GatherOptions>;
  /**
   * False lets the engine number the versions of documents. By default an `index` or `delete` by id carries a timestamp
   * as external version, so that no attempt which arrives late overwrites a later write.
   */
  readonly fenceWrites?: boolean;
  /**
   * True reads integers beyond `Number.MAX_SAFE_INTEGER` (the engine's `long` and `unsigned_long`) as bigints, in documents, sort
   * values, aggregations and the bodies of `request`. By default they are rounded to the nearest number, as `JSON.parse` does.
   */
  readonly exactIntegers?: boolean;
  /** Asks the cluster for its nodes now and then; only where the addresses that nodes publish can be reached from here. */
  readonly sniff?: { readonly everyMs: number };
  readonly connections?: {
    readonly perNode?: number;
    readonly connectTimeoutMs?: number;
    readonly keepAliveMs?: number;
    /** An answer that is larger is a `bad-response`; 256 MiB. */
    readonly maxAnswerBytes?: number;
  };
  /**
   * Asked when an operation is about to fail without having been carried out (`circuit-open`, `overloaded`, `unavailable`,
   * `deadline-exceeded`): a value is returned to the caller instead (a stale cache, a queue), undefined lets the error through.
   */
  readonly fallback?: (error: ClientError, operation: string, request: unknown) => unknown;
  /** For tests: simulated time, and a simulated wire. */
  readonly time?: Time;
  readonly wire?: WireFactory;
}

/** Every option with its value. */
export interface Settings {
  readonly nodes: readonly NodeAddress[];
  readonly headers: readonly string[];
  readonly deadlineMs: number;
  readonly call: CallOptions;
  readonly retryBudget: BudgetOptions;
  readonly hedging: BudgetOptions | null;
  readonly breaker: BreakerOptions;
  readonly allDownMs: number;
  readonly nodeSet: NodeSetOptions;
  readonly reads: LimiterOptions;
  readonly writes: LimiterOptions;
  readonly maxQueue: number;
  readonly gather: GatherOptions;
  readonly fenceWrites: boolean;
  readonly connections: Required<NonNullable<ClientOptions['connections']>>;
  readonly time: Time;
}

/** Fills in the defaults and refuses what cannot work. */
export function toSettings(options: ClientOptions): Settings {
  const hedging = options.hedging ?? {};
  return {
    nodes: nodeAddresses(options.nodes),
    headers: headersOf(options),
    deadlineMs: options.deadlineMs ?? 30_000,
    call: {
      maxAttempts: options.maxAttempts ?? 20,
      retryStatuses: options.retryStatuses ? new Set(options.retryStatuses) : retryStatusesDefault,
      backoff: { ...backoffDefaults, ...options.backoff },
      attemptShare: { read: 1 / 3, write: 1 / 4 },
      attemptMinMs: options.attempt?.minMs ?? 1000,
      attemptMaxMs: options.attempt?.maxMs ?? Infinity,
      hedgeMinMs: hedging === false ? Infinity : (hedging.minMs ?? 5),
      exactIntegers: options.exactIntegers ?? false,
    },
    retryBudget: { ...retryBudgetDefaults, ...options.retryBudget },
    hedging: hedging === false ? null : { ...hedgeBudgetDefaults, ...hedging },
    breaker: { ...breakerDefaults, ...options.breaker },
    allDownMs: options.breaker?.allDownMs ?? 5000,
    nodeSet: { ...nodeSetDefaults, ...options.nodeHealth },
    reads: { ...limiterDefaults, ...options.admission?.reads },
    writes: { ...limiterDefaults, ...options.admission?.writes },
    maxQueue: options.admission?.maxQueue ?? 10_000,
    gather:
      options.gather === false
        ? { ...gatherDefaults, writes: 'off', gets: 'off', searches: 'off' }
        : { ...gatherDefaults, ...options.gather },
    fenceWrites: options.fenceWrites ?? true,
    connections: {
      perNode: 128,
      connectTimeoutMs: 1000,
      keepAliveMs: 60_000,
      maxAnswerBytes: 256 * 1024 * 1024,
      ...options.connections,
    },
    time: options.time ?? systemTime,
  };
}

function nodeAddresses(nodes: readonly (string | URL)[]): readonly NodeAddress[] {
  if (nodes.length === 0) throw new ClientError('invalid-request', 'The client needs at least one node in `nodes`.');
  return nodes.map(toNodeAddress);
}

function headersOf(options: ClientOptions): readonly string[] {
  const headers = Object.entries(options.headers ?? {}).flat();
  const { auth } = options;
  if (!auth) return headers;
  const value =
    'apiKey' in auth
      ? `ApiKey ${auth.apiKey}`
      : 'bearer' in auth
        ? `Bearer ${auth.bearer}`
        : basicAuthorization(auth.username, auth.password);
  return [...headers, 'authorization', value];
}
