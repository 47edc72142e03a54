// Options by name, each from the command line (--deadline-ms 500) or the environment (GATEWAY_DEADLINE_MS=500), with what is wrong
// about them collected.

export type Environment = Readonly<Record<string, string | undefined>>;

function variableOf(name: string): string {
  return `GATEWAY_${name.toUpperCase().replaceAll('-', '_')}`;
}

export class Reader {
  readonly problems: string[] = [];
  readonly #environment: Environment;
  readonly #given = new Map<string, string>();
  readonly #known = new Set<string>();
  readonly #withoutValue = new Set<string>();

  constructor(args: readonly string[], environment: Environment) {
    this.#environment = environment;
    for (let i = 0; i < args.length; i++) {
      const [, name, joined] = /^--([a-z-]+)(?:=(.*))?$/s.exec(args[i] as string) ?? [];
      if (name === undefined) this.problems.push(`'${shown(args[i] as string)}' is no option; see --help.`);
      else if (joined !== undefined) this.#given.set(name, joined);
      else if (args[i + 1] === undefined) this.#withoutValue.add(name);
      else this.#given.set(name, args[++i] as string);
    }
  }

  /** Call it last: every option that was not asked for is a mistake. */
  refuseUnknown(): void {
    for (const name of new Set([...this.#given.keys(), ...this.#withoutValue]))
      if (!this.#known.has(name))
        this.problems.push(
          `--${name} is unknown; the options are ${[...this.#known].map((n) => `--${n}`).join(', ')}.`,
        );
      else if (this.#withoutValue.has(name)) this.problems.push(`--${name} has no value.`);
  }

  optional(name: string): string | undefined {
    this.#known.add(name);
    const value = (this.#given.get(name) ?? this.#environment[variableOf(name)])?.trim();
    return value === '' ? undefined : value;
  }

  whole(name: string, fallback: number, least: number, most: number): number {
    const value = this.optional(name);
    if (value === undefined) return fallback;
    const number = /^\d+$/.test(value) ? Number(value) : NaN;
    if (number >= least && number <= most) return number;
    this.problems.push(`${this.#source(name)} is '${value}'; it must be a whole number from ${least} to ${most}.`);
    return fallback;
  }

  oneOf<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
    const value = this.optional(name);
    if (value === undefined) return fallback;
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined)
      this.problems.push(`${this.#source(name)} is '${value}'; it must be one of ${allowed.join(', ')}.`);
    return found ?? fallback;
  }

  address(name: string, fallback: string): { readonly host: string; readonly port: number } {
    const value = this.optional(name) ?? fallback;
    const [, bracketed, plain, digits] = /^(?:\[([\da-f:.]+)\]|([^:[\]/@\s]+)):(\d{1,5})$/i.exec(value) ?? [];
    const port = Number(digits);
    if (digits !== undefined && port <= 65_535) return { host: bracketed ?? plain ?? '', port };
    this.problems.push(
      `${this.#source(name)} is '${value}'; it must be a host and a port from 0 to 65535, such as 127.0.0.1:9200 or [::1]:9200.`,
    );
    return { host: '127.0.0.1', port: 0 };
  }

  /** URLs of nodes, separated by commas; a prefix of the path is allowed, user and password are not, since command lines are public. */
  nodes(name: string, fallback: string): readonly string[] {
    const words = (this.optional(name) ?? fallback)
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
    if (words.length === 0)
      this.problems.push(
        `${this.#source(name)} names no node; give URLs separated by commas, such as http://10.0.0.2:9200.`,
      );
    for (const word of words) this.#checkNode(name, word);
    return words;
  }

  /** A node that is the address given: each request would come back without end. */
  refuseItself(name: string, nodes: readonly string[], listen: { readonly host: string; readonly port: number }): void {
    for (const word of nodes) {
      const url = URL.parse(word);
      if (!url || listen.port === 0) continue;
      const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
      const host = url.hostname.replaceAll(/[[\]]/g, '');
      if (port === listen.port && isServedBy(host, listen.host))
        this.problems.push(
          `${this.#source(name)} has '${shown(word)}', where the gateway itself listens; name the engine's own address, or let the ` +
            `gateway listen elsewhere with --listen.`,
        );
    }
  }

  #checkNode(name: string, word: string): void {
    const url = URL.parse(word);
    const isFromCommandLine = this.#given.has(name);
    if (url && (url.username !== '' || url.password !== '')) {
      if (isFromCommandLine)
        this.problems.push(
          `--${name} carries a user or password, which every user of this machine could read; use ${variableOf(name)}, or ` +
            `${variableOf('username')} and ${variableOf('password')}.`,
        );
    } else if (!url || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
      this.problems.push(
        `${this.#source(name)} has '${shown(word)}'; a node is an http or https URL without query, such as https://10.0.0.2:9200/prefix.`,
      );
  }

  #source(name: string): string {
    return this.#given.has(name) ? `--${name}` : variableOf(name);
  }
}

const loopback = ['localhost', '127.0.0.1', '::1'];

/** Whether a server that listens on the second host is reached by the first. */
function isServedBy(host: string, listened: string): boolean {
  if (host === listened) return true;
  if (!loopback.includes(host)) return false;
  return listened === '0.0.0.0' || listened === '::' || [host, listened].includes('localhost');
}

/** Without what may be a password. */
function shown(text: string): string {
  return text.includes('@') ? `…@${text.slice(text.lastIndexOf('@') + 1)}` : text;
}
