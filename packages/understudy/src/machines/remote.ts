// The port through which everything on a machine is reached. SSH is one implementation; tests of pure code need none.
import type { Duplex, Writable } from 'node:stream';

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

export interface StreamOptions {
  /** Where the output goes as it comes; neither is ended. */
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly stdin?: NodeJS.ReadableStream;
  /** An abort ends the command on the machine too. */
  readonly signal?: AbortSignal;
}

export interface TunnelEnd {
  readonly address: string;
  readonly port: number;
}

export interface RemoteRunner {
  /**
   * Runs `argv` as root on the machine, each word quoted. Resolves with the exit code whatever it is.
   * Errors: `machines-unreachable` (no connection), `machines-host-key` (key differs from the pinned one), `machines-timeout`.
   */
  run(target: RemoteTarget, argv: readonly string[], options?: RemoteOptions): Promise<RemoteResult>;
  /**
   * Runs `argv` as `run` does, for as long as it takes, and hands its output on as it comes. Resolves with the exit code; 128 and
   * the signal's number when a signal ended it. An abort sends TERM to the command's process group and rejects with the signal's
   * reason. Errors: as of `run`, without `machines-timeout`.
   */
  stream(target: RemoteTarget, argv: readonly string[], options: StreamOptions): Promise<number>;
  /**
   * A byte stream to a port that the machine can reach, opened from there: for ports that are closed to everybody else. The caller
   * destroys it. `timeoutMs` bounds the opening, default 60,000. Errors: as of `run`, and `machines-tunnel-refused`: nobody listens.
   */
  tunnel(target: RemoteTarget, to: TunnelEnd, options?: Pick<RemoteOptions, 'timeoutMs'>): Promise<Duplex>;
  /** Closes every connection. */
  close(): Promise<void>;
}
