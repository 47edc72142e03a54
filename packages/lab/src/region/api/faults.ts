// Fault injection for the API: seeded rules that make the lab answer with errors, delays and disorder. Documented in docs/lab.md.
import type { Clock } from '@understudy/foundation';
import type { LifeCycleFaults } from '../state/life-cycle.ts';
import type { JobKind } from '../state/model.ts';

export const faultKinds = [
  'rate-limit',
  'unavailable',
  'timeout',
  'drop-before',
  'drop-after',
  'slow-provisioning',
  'boot-failure',
  'pending-delete',
  'reorder-events',
  'unknown-fields',
  'unknown-enum',
] as const;

export type FaultKind = (typeof faultKinds)[number];

export interface FaultRule {
  readonly kind: FaultKind;
  /** Only requests with this method; all when undefined. Faults of machines ignore it. */
  readonly method?: string;
  /** Only paths (or, for faults of machines, labels) that this regular expression finds. */
  readonly match?: string;
  /** 0 to 1; 1 when undefined. */
  readonly probability?: number;
  /** Applies at most this many times. */
  readonly times?: number;
  /** rate-limit and unavailable: Retry-After. */
  readonly retryAfterS?: number;
  /** timeout, slow-provisioning, pending-delete: how long. */
  readonly delayMs?: number;
}

/** A small seeded generator (mulberry32), so that a run can be replayed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const eternityMs = 3_600_000;

export class Faults implements LifeCycleFaults {
  #rules: { rule: FaultRule; find: RegExp | undefined; timesApplied: number }[] = [];
  #random: () => number = seededRandom(1);
  readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Replaces all rules. Errors: SyntaxError for a bad regular expression. */
  set(rules: readonly FaultRule[], seed: number): void {
    this.#random = seededRandom(seed);
    this.#rules = rules.map((rule) => ({
      rule,
      find: rule.match === undefined ? undefined : new RegExp(rule.match),
      timesApplied: 0,
    }));
  }

  report(): { kind: FaultKind; struck: number; times: number | null }[] {
    return this.#rules.map(({ rule, timesApplied: struck }) => ({
      kind: rule.kind,
      struck,
      times: rule.times ?? null,
    }));
  }

  /** The first rule of these kinds that applies now. */
  pick(kinds: readonly FaultKind[], subject: string, method?: string): FaultRule | undefined {
    for (const entry of this.#rules) {
      const { rule, find } = entry;
      if (!kinds.includes(rule.kind)) continue;
      if (rule.method !== undefined && method !== undefined && method !== rule.method) continue;
      if (find !== undefined && !find.test(subject)) continue;
      if (rule.times !== undefined && entry.timesApplied >= rule.times) continue;
      if (rule.probability !== undefined && this.#random() >= rule.probability) continue;
      entry.timesApplied += 1;
      return rule;
    }
    return undefined;
  }

  extraMs(kind: JobKind, label: string): number {
    if (kind === 'create') return this.pick(['slow-provisioning'], label)?.delayMs ?? 0;
    if (kind !== 'delete') return 0;
    const pending = this.pick(['pending-delete'], label);
    return pending === undefined ? 0 : (pending.delayMs ?? eternityMs);
  }

  fails(kind: JobKind, label: string): boolean {
    return (kind === 'boot' || kind === 'reboot') && this.pick(['boot-failure'], label) !== undefined;
  }

  /** Disturbs an answer's body: events out of order, fields and enum values that no client knows yet. */
  disturb(body: unknown, path: string, method: string): unknown {
    const applies = (kind: FaultKind): boolean => this.pick([kind], path, method) !== undefined;
    let result = body;
    if (path.startsWith('/account/events') && isPage(result) && applies('reorder-events')) {
      result = { ...result, data: this.#shuffled(result.data) };
    }
    if (applies('unknown-fields')) {
      result = this.#eachItem(result, (i) => ({ ...i, x_new_field: { of: 2030 } }));
    }
    if (applies('unknown-enum')) {
      result = this.#eachItem(result, (i) => ('status' in i ? { ...i, status: 'hibernating' } : i));
    }
    return result;
  }

  #shuffled(items: readonly unknown[]): unknown[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i -= 1) {
      const j = Math.floor(this.#random() * (i + 1));
      [shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]];
    }
    return shuffled;
  }

  #eachItem(body: unknown, change: (item: Record<string, unknown>) => unknown): unknown {
    if (isPage(body)) return { ...body, data: body.data.map((i) => (isItem(i) ? change(i) : i)) };
    return isItem(body) && 'id' in body ? change(body) : body;
  }
}

function isItem(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPage(value: unknown): value is Record<string, unknown> & { data: unknown[] } {
  return isItem(value) && Array.isArray(value['data']);
}
