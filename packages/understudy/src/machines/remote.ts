// The port through which every remote command runs. SSH is one implementation; tests of pure code need none.

/** A machine that can be reached: its label and the public address SSH dials. */
export interface RemoteTarget {
  readonly label: string;
  readonly address: string;
  /** When it was made, RFC 3339: how far its first host key may be trusted. Left out: not at all, outside of the lab. */
  readonly created?: string;
}

export interface RemoteResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RemoteOptions {
  readonly stdin?: string | Buffer | NodeJS.ReadableStream;
  /** Bound on the whole command, connection included. Default 60,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface RemoteRunner {
  /**
   * Runs `argv` as root on the machine, each word quoted. Resolves with the exit code whatever it is.
   * Errors: `machines-unreachable` (no connection), `machines-host-key` (key differs from the pinned one), `machines-timeout`.
   */
  run(target: RemoteTarget, argv: readonly string[], options?: RemoteOptions): Promise<RemoteResult>;
  /** Closes every connection. */
  close(): Promise<void>;
}
