// The configuration, read from the environment. Everything is checked at the start, and every mistake is reported at once.
import { availableParallelism } from 'node:os';
import { isAbsolute } from 'node:path';
import { leastSecretCharacters, networksOf, type AuthConfiguration, type JwtSettings } from './auth/index.ts';

const mebibyte = 1024 * 1024;

export interface Configuration {
  readonly host: string;
  readonly port: number;
  readonly workers: number;
  readonly engine: EngineAddress;
  /** Origins of the other service machines, which take requests when only this machine cannot reach the engine. */
  readonly peers: readonly string[];
  /** How long a request may take before it is answered with an error, the engine's retries included. */
  readonly deadlineMs: number;
  /** On SIGTERM: how long `/healthz` answers 503 while requests are still served, so that the balancer sends no new ones. */
  readonly drainMs: number;
  /** A file that exists while the balancer sends no requests here: then a stop does not wait for `drainMs`. */
  readonly drainedFile: string | undefined;
  /** After the drain: how long requests in flight may take before the process ends. */
  readonly stopMs: number;
  /** Where and how much to queue when the engine takes no writes; undefined queues nothing. */
  readonly queue: QueueLocation | undefined;
  /** `auto`: concurrent requests to the engine are sent as one where that is faster. `off`: each by itself. */
  readonly gather: 'auto' | 'off';
  readonly logLevel: LogLevel;
  /** `direct`: /metrics is hidden from requests through the balancer; `public`: from none. */
  readonly metrics: 'direct' | 'public';
  /** Where users who came to the balancer by http are sent; undefined: nowhere. */
  readonly httpsPort: number | undefined;
  /** A directory of files for certificate authorities that verify a name (RFC 8555, 8.3); undefined: they are given none. */
  readonly acmeChallenges: string | undefined;
  readonly auth: AuthConfiguration;
}

export interface EngineAddress {
  readonly nodes: readonly string[];
  readonly index: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** PEM file with the authority that signed the engine's certificates. */
  readonly caPath: string | undefined;
}

export interface QueueLocation {
  readonly directory: string;
  readonly mostBytes: number;
}

const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export type Environment = Readonly<Record<string, string | undefined>>;

/** Every problem of the environment, one sentence each. */
export class ConfigurationError extends Error {
  readonly code = 'configuration-invalid';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The service cannot start:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}

/** Reads the configuration; throws one ConfigurationError that names every wrong variable. */
export function readConfiguration(environment: Environment): Configuration {
  const read = new Reader(environment);
  const configuration: Configuration = {
    host: read.text('HOST', '127.0.0.1'),
    port: read.whole('PORT', 5000, 1, 65_535),
    workers: environment['WORKERS'] === 'auto' ? availableParallelism() : read.whole('WORKERS', 1, 1, 64),
    engine: {
      nodes: read.urls('ES_HOSTS', 'http://127.0.0.1:9200'),
      index: read.indexName('INDEX', 'documents'),
      username: read.optional('ES_USERNAME'),
      password: read.optional('ES_PASSWORD'),
      caPath: read.optional('ES_CA'),
    },
    peers: read.origins('PEERS'),
    deadlineMs: read.whole('DEADLINE_MS', 20_000, 100, 120_000),
    drainMs: read.whole('DRAIN_MS', 11_000, 0, 300_000),
    drainedFile: read.optional('DRAINED_FILE'),
    stopMs: read.whole('STOP_MS', 22_000, 100, 300_000),
    queue: read.queue(),
    gather: read.oneOf('GATHER', ['auto', 'off'] as const, 'auto'),
    logLevel: read.oneOf('LOG_LEVEL', logLevels, 'info'),
    metrics: read.oneOf('METRICS', ['direct', 'public'] as const, 'direct'),
    httpsPort: read.optional('HTTPS_PORT') === undefined ? undefined : read.whole('HTTPS_PORT', 443, 1, 65_535),
    acmeChallenges: read.absolutePath('ACME_CHALLENGES'),
    auth: readAuth(read),
  };
  if ((configuration.engine.username === undefined) !== (configuration.engine.password === undefined)) {
    read.problems.push('ES_USERNAME and ES_PASSWORD belong together: set both or neither.');
  }
  if (read.problems.length > 0) throw new ConfigurationError(read.problems);
  return configuration;
}

const authModes = ['keys', 'jwks', 'public'] as const;

/** No default: a service that was forgotten to be told would be open to everybody. */
function readAuth(read: Reader): AuthConfiguration {
  if (read.optional('AUTH') === undefined) {
    read.problems.push(
      'AUTH is not set. Set AUTH=keys and AUTH_KEYS_FILE to a file of keys, AUTH=jwks and AUTH_JWKS_URL, AUTH_ISSUER and ' +
        'AUTH_AUDIENCE, or AUTH=public, with which everybody who reaches the port may read and write.',
    );
  }
  const mode = read.oneOf('AUTH', authModes, 'keys');
  const keysFile = read.absolutePath('AUTH_KEYS_FILE');
  if (read.optional('AUTH') === 'keys' && keysFile === undefined)
    read.problems.push('AUTH is keys, and AUTH_KEYS_FILE is not set; name the file of keys by its absolute path.');
  const peerSecrets = read.secrets('PEER_SECRET');
  const peerSecretFile = read.absolutePath('PEER_SECRET_FILE');
  if (peerSecrets.length > 0 && peerSecretFile !== undefined)
    read.problems.push('PEER_SECRET and PEER_SECRET_FILE are both set; set one of them.');
  return {
    mode,
    keysFile: mode === 'public' ? undefined : keysFile,
    jwt: mode === 'jwks' ? readJwt(read) : undefined,
    inside: read.networks('AUTH_INSIDE', '127.0.0.0/8,::1'),
    balancer: read.networks('AUTH_BALANCER', ''),
    peerSecrets,
    peerSecretFile,
  };
}

function readJwt(read: Reader): JwtSettings | undefined {
  const [jwks, issuer, audience] = ['AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE'].map((name) => {
    const value = read.optional(name);
    if (value === undefined) read.problems.push(`AUTH is jwks, and ${name} is not set.`);
    return value;
  });
  if (jwks === undefined || issuer === undefined || audience === undefined) return undefined;
  const url = URL.canParse(jwks) ? new URL(jwks) : undefined;
  const isLocal = url?.protocol === 'http:' && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname);
  if (url?.protocol !== 'https:' && !isLocal) {
    read.problems.push(
      `AUTH_JWKS_URL is '${jwks}'; it must be an https URL: who changes those keys can log in as anybody.`,
    );
  }
  return { jwks, issuer, audience };
}

class Reader {
  readonly problems: string[] = [];
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  optional(name: string): string | undefined {
    const value = this.#environment[name]?.trim();
    return value === '' ? undefined : value;
  }

  text(name: string, fallback: string): string {
    return this.optional(name) ?? fallback;
  }

  whole(name: string, fallback: number, least: number, most: number): number {
    const value = this.optional(name);
    if (value === undefined) return fallback;
    const number = /^\d+$/.test(value) ? Number(value) : NaN;
    if (number >= least && number <= most) return number;
    this.problems.push(`${name} is '${value}'; it must be a whole number from ${least} to ${most}.`);
    return fallback;
  }

  oneOf<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const value = this.optional(name);
    if (value === undefined) return fallback;
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) this.problems.push(`${name} is '${value}'; it must be one of ${allowed.join(', ')}.`);
    return found ?? fallback;
  }

  /** Names that Elasticsearch accepts: lower case, none of its separators, 255 bytes at most. */
  indexName(name: string, fallback: string): string {
    const value = this.text(name, fallback);
    if (!/^[a-z0-9][a-z0-9._-]{0,254}$/.test(value)) {
      this.problems.push(`${name} is '${value}'; an index name has lower-case letters, digits, '.', '_' and '-' only.`);
    }
    return value;
  }

  absolutePath(name: string): string | undefined {
    const value = this.optional(name);
    if (value !== undefined && !isAbsolute(value))
      this.problems.push(`${name} is '${value}'; it must be an absolute path.`);
    return value;
  }

  networks(name: string, fallback: string): string[] {
    const words = this.#words(this.text(name, fallback));
    try {
      networksOf(words);
    } catch {
      this.problems.push(`${name} is '${words.join(',')}'; it has networks such as 10.20.0.0/24, separated by commas.`);
    }
    return words;
  }

  /** Separated by commas; their values are never repeated. */
  secrets(name: string): string[] {
    const words = this.#words(this.text(name, ''));
    if (words.some((word) => word.length < leastSecretCharacters))
      this.problems.push(
        `${name} has a secret of fewer than ${leastSecretCharacters} characters; take 32 random bytes in base64.`,
      );
    return words;
  }

  #words(text: string): string[] {
    const words = text.split(',').map((word) => word.trim());
    return words.filter((word) => word !== '');
  }

  queue(): QueueLocation | undefined {
    const mostBytes = this.whole('QUEUE_BYTES', 64 * mebibyte, mebibyte, 1024 * mebibyte);
    const directory = this.optional('QUEUE_DIR');
    if (directory === undefined) return undefined;
    if (!isAbsolute(directory)) {
      this.problems.push(
        `QUEUE_DIR is '${directory}'; it must be an absolute path, such as /var/lib/understudy/queue.`,
      );
    }
    return { directory, mostBytes };
  }

  urls(name: string, fallback: string): string[] {
    const origins = this.origins(name, this.text(name, fallback));
    if (origins.length === 0) this.problems.push(`${name} names no node; give URLs separated by commas.`);
    return origins;
  }

  /** URLs separated by commas; none when the variable is not set. */
  origins(name: string, text = this.text(name, '')): string[] {
    return this.#words(text).map((word) => this.#origin(name, word));
  }

  #origin(name: string, word: string): string {
    const url = URL.canParse(word) ? new URL(word) : undefined;
    // A password in a URL ends up in logs and error texts, so it is refused and not repeated here.
    if (url && (url.username !== '' || url.password !== '')) {
      this.problems.push(`${name} carries a user or password in a URL; use ES_USERNAME and ES_PASSWORD.`);
    } else if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search !== '') {
      this.problems.push(`${name} has '${word}'; an address is written like http://10.20.0.11:9200.`);
    }
    return url?.origin ?? word;
  }
}
