// The configuration, from the command line and the environment; the command line wins. Everything is checked at the start, and every
// mistake is reported at once. No password is ever repeated in an error.
import { Secret, UnderstudyError } from '@understudy/foundation';
import { Reader, type Environment } from './configuration-reader.ts';
import { givenDescriptor } from './listen.ts';

export interface Configuration {
  readonly engine: readonly string[];
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  readonly caPath: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly deadlineMs: number;
  readonly gather: 'auto' | 'on' | 'off';
  readonly hedge: 'on' | 'off';
  /** Bulks of at least so many items are divided by the nodes of the primaries; 0 for none. */
  readonly divideBulks: number;
  /** A body beyond this is not kept, so it is sent at most once. */
  readonly keptBodyBytes: number;
  /** All kept bodies together. */
  readonly keptBytes: number;
  readonly maxQueue: number;
  readonly stopMs: number;
  /** 0 logs no request, 1 each, 100 each hundredth; failures are always logged when it is not 0. */
  readonly logEvery: number;
}

const mebibyte = 1024 * 1024;

/** Every problem, one sentence each. */
export class ConfigurationError extends UnderstudyError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const list = problems.map((problem) => `  - ${problem}`).join('\n');
    super('gateway-configuration-invalid', `The gateway cannot start:\n${list}`, { facts: { problems } });
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}

/** Reads the configuration; throws one ConfigurationError that names every wrong option. */
export function readConfiguration(args: readonly string[], environment: Environment): Configuration {
  const read = new Reader(args, environment);
  const { host, port } = read.address('listen', '127.0.0.1:9200');
  const password = read.optional('password');
  const configuration: Configuration = {
    engine: read.nodes('engine', 'http://127.0.0.1:9201'),
    username: read.optional('username'),
    password: password === undefined ? undefined : new Secret(password),
    caPath: read.optional('ca'),
    host,
    port,
    deadlineMs: read.whole('deadline-ms', 30_000, 100, 86_400_000),
    gather: read.oneOf('gather', ['auto', 'on', 'off'] as const, 'auto'),
    hedge: read.oneOf('hedge', ['on', 'off'] as const, 'on'),
    divideBulks: read.whole('divide-bulks', 100, 0, 1_000_000),
    keptBodyBytes: read.whole('kept-body-bytes', 8 * mebibyte, 0, 100 * mebibyte),
    keptBytes: read.whole('kept-bytes', 128 * mebibyte, mebibyte, 4096 * mebibyte),
    maxQueue: read.whole('max-queue', 10_000, 1, 1_000_000),
    stopMs: read.whole('stop-ms', 25_000, 100, 300_000),
    logEvery: read.whole('log-every', 0, 0, 1_000_000),
  };
  if ((configuration.username === undefined) !== (configuration.password === undefined))
    read.problems.push('--username and --password belong together: set both or neither.');
  // A socket that the service manager gives has an address of its own, and --listen is not used.
  if (givenDescriptor(environment, process.pid) === undefined)
    read.refuseItself('engine', configuration.engine, { host, port });
  read.refuseUnknown();
  if (read.problems.length > 0) throw new ConfigurationError(read.problems);
  return configuration;
}
