// The values in a machine's answer about itself: their types, and how the words of the script are read. A reader gives undefined
// for words that it does not understand.

export type Reader<Value> = (words: readonly string[]) => Value | undefined;

export interface ObservedFile {
  readonly hash: string;
  /** Octal, four digits. */
  readonly mode: string;
  readonly owner: string;
}

export const readFile: Reader<ObservedFile> = ([hash = '', mode = '', owner = '']) =>
  /^[0-9a-f]{64}$/.test(hash) && owner !== '' ? { hash, mode: mode.padStart(4, '0'), owner } : undefined;

/** `NAME:HASH` for each line. */
export const readAssignments: Reader<ReadonlyMap<string, string>> = (words) =>
  new Map(
    words
      .filter((word) => word.includes(':'))
      .map((word) => [word.slice(0, word.indexOf(':')), word.slice(word.indexOf(':') + 1)]),
  );

export interface ObservedUnit {
  /** systemd's ActiveState: `active`, `inactive`, `failed`, `activating`, ... */
  readonly active: string;
  /** SubState: `running`, `auto-restart`, `start-pre`, ... */
  readonly sub: string;
  readonly enabled: boolean;
  /** Restarts by systemd itself since the unit was started by request: a unit that restarts in a loop shows here. */
  readonly restarts: number;
  /** How its last run ended: `success`, `exit-code`, `oom-kill`, `timeout`, ... */
  readonly result: string;
  /** How its main process ended, such as `exit code 3` or `signal 9`; undefined while it runs, or when it has not run. */
  readonly ended: string | undefined;
  /** Undefined when it has not been active since the machine was booted. */
  readonly sinceActiveS: number | undefined;
}

export const readUnit: Reader<ObservedUnit> = (words) => {
  const of = new Map(words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]));
  const active = of.get('ActiveState');
  if (active === undefined || active === '') return undefined;
  const enteredUs = Number(of.get('ActiveEnterTimestampMonotonic') ?? 0);
  return {
    active,
    sub: of.get('SubState') ?? '',
    enabled: of.get('UnitFileState') === 'enabled',
    restarts: Number(of.get('NRestarts') ?? 0),
    result: of.get('Result') ?? '',
    ended: endOf(of.get('ExecMainCode'), of.get('ExecMainStatus')),
    sinceActiveS: enteredUs > 0 ? Math.max(0, Number(of.get('Uptime')) - Math.floor(enteredUs / 1e6)) : undefined,
  };
};

/** The codes are of waitid(2): 1 is CLD_EXITED, 2 CLD_KILLED, 3 CLD_DUMPED. */
function endOf(code = '0', status = '0'): string | undefined {
  if (code === '1') return `exit code ${status}`;
  return code === '2' || code === '3' ? `signal ${status}` : undefined;
}

/** What the health path answered on the machine itself. */
export interface ObservedHealth {
  readonly outcome: 'answered' | 'connected' | 'closed' | 'refused' | 'timeout' | 'failed';
  /** Milliseconds, the start of the asking program included. */
  readonly tookMs: number;
  /** Of an answer. */
  readonly status: number | undefined;
  /** The first thousand bytes of an answer's body. */
  readonly body: string;
  /** Refused at the machine's private address, and accepted at 127.0.0.1. */
  readonly onLoopback: boolean;
  /** Of `failed`: why. */
  readonly why: string;
}

const healthOutcomes = ['answered', 'connected', 'closed', 'refused', 'timeout', 'failed'] as const;

export const readHealth: Reader<ObservedHealth> = ([took = '', word, first = '', second = '']) => {
  const outcome = healthOutcomes.find((known) => known === word);
  if (outcome === undefined || !/^\d+$/.test(took)) return undefined;
  const status = outcome === 'answered' ? Number(first) : undefined;
  if (status !== undefined && !(status >= 100 && status <= 999)) return undefined;
  return {
    outcome,
    tookMs: Number(took),
    status,
    body: outcome === 'answered' ? Buffer.from(second, 'hex').toString() : '',
    onLoopback: outcome === 'refused' && first === 'loopback',
    why: outcome === 'failed' ? first : '',
  };
};

export interface ObservedSysctl {
  readonly value: string;
  readonly writable: boolean;
}

/** Some settings hold several numbers, separated by tabs. */
export const readSysctl: Reader<ObservedSysctl> = (words) =>
  words.length < 2 ? undefined : { value: words.slice(0, -1).join(' '), writable: words.at(-1) === 'yes' };

export interface ObservedPackage {
  /** Debian version, whole. */
  readonly version: string;
  /** dpkg's word: `installed`, or where an installation stopped: `unpacked`, `half-configured`, `half-installed`, ... */
  readonly state: string;
  /** Kept at its version by apt, whoever asked for it. */
  readonly held: boolean;
}

export const readPackage: Reader<ObservedPackage> = ([abbreviation = '', state = '', version = '']) =>
  state === '' ? undefined : { version, state, held: abbreviation.startsWith('h') };

/**
 * What lies in an engine's data directory: `empty`: no engine has run on it (packages and file systems may have put files
 * there). `node-only`: an engine has, and belongs to no cluster. `cluster`: it is part of a cluster, be it one of its own that it
 * made when it was started before its settings came: then `indices` is false.
 */
export interface DataDirectory {
  readonly holds: 'empty' | 'node-only' | 'cluster';
  /** Of the cluster, where the engine says so on its disk: OpenSearch and Elasticsearch 7 do not. */
  readonly clusterUuid: string | undefined;
  /** Shards of any index lie there. */
  readonly indices: boolean;
}

export const readDataDirectory: Reader<DataDirectory> = ([holds, uuid = '-', indices]) =>
  holds === 'empty' || holds === 'node-only' || holds === 'cluster'
    ? { holds, clusterUuid: uuid === '-' ? undefined : uuid, indices: indices === 'yes' }
    : undefined;

/** Of a file system. Free is what an engine may still use: root's reserve is not in it. */
export interface DiskUse {
  readonly usedPercent: number;
  readonly freeBytes: number;
  /** Undefined where the file system has no fixed number of inodes. */
  readonly inodesUsedPercent: number | undefined;
}

export const readDisk: Reader<DiskUse> = ([line = '']) => {
  const [block = NaN, blocks = NaN, free = NaN, available = NaN, inodes = NaN, freeInodes = NaN] = line
    .split(' ')
    .map(Number);
  if (Number.isNaN(freeInodes)) return undefined;
  const used = blocks - free;
  return {
    // As df rounds.
    usedPercent: used + available === 0 ? 0 : Math.ceil((used * 100) / (used + available)),
    freeBytes: available * block,
    inodesUsedPercent: inodes === 0 ? undefined : Math.ceil(((inodes - freeInodes) * 100) / inodes),
  };
};

export interface LockHolder {
  readonly pid: number;
  /** Its command line, empty when the process has ended meanwhile. */
  readonly command: string;
}

export const readLock: Reader<LockHolder> = ([pid = '', command = '']) =>
  /^\d+$/.test(pid) ? { pid: Number(pid), command: command.trim() } : undefined;

export interface DpkgState {
  /** A run of dpkg ended in the middle (a power cut), or one goes on now: see the locks. `dpkg --configure -a` continues it. */
  readonly interrupted: boolean;
  /** Packages that are neither installed nor absent. */
  readonly unfinished: readonly string[];
}

export const readDpkg: Reader<DpkgState> = ([journal, packages = '']) => {
  if (journal !== 'yes' && journal !== 'no') return undefined;
  const unfinished = packages.split(' ').filter((name) => name !== '');
  return { interrupted: journal === 'yes' || unfinished.length > 0, unfinished };
};

export interface CloudInit {
  /** `degraded`: it ended, with errors that it could continue after. */
  readonly status: 'running' | 'done' | 'degraded' | 'error' | 'disabled';
  readonly errors: readonly string[];
  /** Since the machine was booted; undefined when it does not run, or that is not known. */
  readonly runningS: number | undefined;
}

export const readCloudInit: Reader<CloudInit> = ([state, report = '', since = '']) => {
  if (state === 'disabled') return { status: state, errors: [], runningS: undefined };
  const stages = stagesOf(Buffer.from(report, 'base64').toString());
  const errors = stages.flatMap(({ errors: stopped = [] }) => stopped);
  const warningStages = stages.flatMap(({ recoverable_errors: recovered = {} }) => Object.values(recovered).flat());
  const all = [...errors, ...warningStages];
  if (state === 'running') return { status: state, errors: all, runningS: since === '' ? undefined : Number(since) };
  if (state !== 'ended' || stages.length === 0) return undefined;
  const status = errors.length > 0 ? 'error' : warningStages.length > 0 ? 'degraded' : 'done';
  return { status, errors: all, runningS: undefined };
};

/** A stage of cloud-init in its status.json; `recoverable_errors`, by severity, came with version 23.4. */
interface Stage {
  readonly errors?: readonly string[];
  readonly recoverable_errors?: Readonly<Record<string, readonly string[]>>;
}

function stagesOf(text: string): readonly Stage[] {
  try {
    const { v1 = {} } = JSON.parse(text) as { readonly v1?: Readonly<Record<string, unknown>> };
    return Object.values(v1).filter((value): value is Stage => typeof value === 'object' && value !== null);
  } catch {
    return [];
  }
}
