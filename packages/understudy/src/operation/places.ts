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

/** Keys, certificates and passwords of the operator's systems, below. */
export function configDirectory(): string {
  return join(environment['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'understudy');
}

/** How a system is named in these directories: TARGET-NAME. `system` below is this name. */
export function systemIdOf(of: {
  readonly target: { readonly name: string };
  readonly topology: { readonly name: string };
}): string {
  return `${of.target.name}-${of.topology.name}`;
}

/** Of a key of the system's own, whether there is one or not. */
export function ownKeyDirectory(system: string): string {
  return join(configDirectory(), 'ssh', system);
}

/** The host keys that are pinned for the machines of a target. */
export function hostKeysPathOf(target: string): string {
  return join(configDirectory(), `known-hosts-${target}`);
}

/** Authority and accounts. */
export function securityDirectory(system: string): string {
  return join(configDirectory(), 'systems', system);
}

/** Account keys and certificates of public authorities. */
export function acmeDirectory(system: string): string {
  return join(configDirectory(), 'acme', system);
}

/** Keys of the service's callers. Not in the directory of the authority, which is made as a whole, and later. */
export function serviceKeysDirectory(system: string): string {
  return join(configDirectory(), 'service', system);
}

/** Root's password at the console of the machines. */
export function consolePasswordPath(system: string): string {
  return join(configDirectory(), 'console', system);
}

/** The operator's private key for access files. */
export function accessKeyPath(): string {
  return join(configDirectory(), 'access-key.txt');
}

/** Locks and drill runs. */
export function stateDirectory(): string {
  return join(environment['XDG_STATE_HOME'] ?? join(homedir(), '.local/state'), 'understudy');
}
