// One HTTP exchange, as the contract tests need it.

export interface Exchange {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
}

export type Call = (method: string, path: string, options?: CallOptions) => Promise<Exchange>;

export interface CallOptions {
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `base` is asked at each call, because a suite is declared before its service runs. */
export function caller(base: () => string): Call {
  return async (method, path, { json, body, headers = {} } = {}) => {
    const isJson = json !== undefined || (body !== undefined && headers['content-type'] === undefined);
    const answer = await fetch(`${base()}${path}`, {
      method,
      headers: { ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers },
      body: json === undefined ? (body ?? null) : JSON.stringify(json),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: parsed(text) };
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Calls until `accept` says yes: what was written is found within about a second. */
export async function eventually(
  call: () => Promise<Exchange>,
  accept: (exchange: Exchange) => boolean,
): Promise<Exchange> {
  const end = Date.now() + 10_000;
  for (;;) {
    const exchange = await call();
    if (accept(exchange) || Date.now() > end) return exchange;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A word that no other test writes. */
export function word(): string {
  return `w${Math.random().toString(36).slice(2)}`;
}
