// The tool's directories on the operator's machine, by the XDG specification.
import { homedir } from 'node:os';
import { join } from 'node:path';

const environment = process.env;

/** Downloads and builds; safe to delete. `UNDERSTUDY_CACHE` overrides it. */
export function cacheDirectory(): string {
  return (
    environment['UNDERSTUDY_CACHE'] ?? join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'understudy')
  );
}

/** The tool's SSH key and the host keys it has pinned. */
export function configDirectory(): string {
  return join(environment['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'understudy');
}

/** Locks and drill runs. */
export function stateDirectory(): string {
  return join(environment['XDG_STATE_HOME'] ?? join(homedir(), '.local/state'), 'understudy');
}
