// The observed state of one machine, read in one round trip. Each part of the answer is seen, absent or unknown: that something could
// not be read does not mean that it is missing: planning must not create what may exist.
import { absent, seen, unknown, UnderstudyError, type Seen } from '@understudy/foundation';
import { observeScript } from './observe-script.ts';
import type { RemoteRunner, RemoteTarget } from './remote.ts';
import * as values from './observed-values.ts';

export interface MachineSpec {
  readonly files: readonly string[];
  readonly units: readonly string[];
  readonly sysctls: readonly string[];
  /** Debian packages whose version matters. */
  readonly packages: readonly string[];
  /** Data directories of an engine. */
  readonly directories: readonly string[];
  /** Small text files to read whole (what a unit was started with). */
  readonly records: readonly string[];
  /** Files of `NAME=value` lines whose values may be secret: which names they have, and a hash of each line. */
  readonly assignments: readonly string[];
  /** Symlinks whose target matters. */
  readonly links: readonly string[];
  /** Paths of whose file systems the use matters. */
  readonly disks: readonly string[];
  /** `user:path`: whether that user can read that file. */
  readonly readable: readonly string[];
  /** Lock files of which it matters who holds them. */
  readonly locks: readonly string[];
  /** Health paths to be asked for on the machine itself, as `healthProbe` writes them. */
  readonly health: readonly string[];
}

type Table<Value> = Readonly<Record<string, Seen<Value>>>;

/** Everything keyed by what was asked, with an entry for each of it; `partOf` looks one up. */
export interface ObservedMachine {
  readonly files: Table<values.ObservedFile>;
  /** Absent: systemd knows no such unit. */
  readonly units: Table<values.ObservedUnit>;
  readonly sysctls: Table<values.ObservedSysctl>;
  readonly packages: Table<values.ObservedPackage>;
  readonly directories: Table<values.DataDirectory>;
  readonly records: Table<string>;
  /** Name -> hash of its line, see `assignmentHash`. */
  readonly assignments: Table<ReadonlyMap<string, string>>;
  readonly links: Table<string>;
  readonly disks: Table<values.DiskUse>;
  readonly readable: Table<boolean>;
  /** Absent: no process holds it. */
  readonly locks: Table<values.LockHolder>;
  readonly health: Table<values.ObservedHealth>;
  readonly dpkg: Seen<values.DpkgState>;
  /** Absent: there is no cloud-init on the machine. */
  readonly cloudInit: Seen<values.CloudInit>;
  /** Devices and files that are swapped to. Absent: in a container it is the host's. */
  readonly swap: Seen<readonly string[]>;
  /** Whether a time server has set the clock. Absent: in a container it is the host's. */
  readonly clockIsSynchronized: Seen<boolean>;
  /** Milliseconds since 1970 by its own clock, at some moment of the look. */
  readonly timeMs: Seen<number>;
  /** The address from which this machine saw the operator come. */
  readonly operatorAddress: Seen<string>;
}

/** Kind of question in the script -> where its subjects stand in the specification. */
const tables = {
  file: 'files',
  unit: 'units',
  sysctl: 'sysctls',
  package: 'packages',
  directory: 'directories',
  record: 'records',
  assignments: 'assignments',
  link: 'links',
  disk: 'disks',
  readable: 'readable',
  lock: 'locks',
  health: 'health',
} as const satisfies Record<string, keyof MachineSpec>;
type Kind = keyof typeof tables;

/** Asked of every machine. */
const always = ['dpkg', 'cloud-init', 'swap', 'clock', 'now', 'operator'] as const;

export function observeCommand(spec: MachineSpec): readonly string[] {
  const asked = (Object.keys(tables) as Kind[]).flatMap((kind) =>
    spec[tables[kind]].flatMap((subject) => [kind, subject]),
  );
  return ['sh', '-s', '--', ...asked, ...always.flatMap((kind) => [kind, '-'])];
}

/** A subject that was not asked about is unknown. */
export function partOf<Value>(table: Table<Value>, subject: string): Seen<Value> {
  return table[subject] ?? unknown(`${subject} was not observed`, 'machines-not-asked');
}

const longestReason = 300;

/** Error: `machines-observation-cut` when the answer does not end as it should. */
export function parseObservation(text: string, label: string, spec: MachineSpec): ObservedMachine {
  const lines = new Map<string, readonly string[]>();
  for (const line of text.split('\n')) {
    const [kind = '', subject = '', ...answer] = line.split('\t');
    lines.set(`${kind}\t${subject}`, answer);
  }
  if (!lines.has('end\t-')) {
    throw new UnderstudyError(
      'machines-observation-cut',
      `The observation of ${label} is incomplete: its output ended early. Run again.`,
      {
        facts: { label },
      },
    );
  }
  const part = <Value>(
    kind: Kind | (typeof always)[number],
    subject: string,
    read: values.Reader<Value>,
  ): Seen<Value> => {
    const [state, ...said] = lines.get(`${kind}\t${subject}`) ?? [];
    if (state === 'absent') return absent;
    if (state === 'unknown') {
      const [code = '', ...reason] = said;
      return unknown(`${subject} on ${label}: ${reason.join(' ').slice(0, longestReason)}`, code);
    }
    const value = state === 'seen' ? read(said) : undefined;
    return value === undefined
      ? unknown(`${label} returned no readable result for ${kind} ${subject}`, 'machines-unreported')
      : seen(value);
  };
  const table = <Value>(kind: Kind, read: values.Reader<Value>): Table<Value> =>
    Object.fromEntries(spec[tables[kind]].map((subject) => [subject, part(kind, subject, read)]));
  return {
    files: table('file', values.readFile),
    units: table('unit', values.readUnit),
    sysctls: table('sysctl', values.readSysctl),
    packages: table('package', values.readPackage),
    directories: table('directory', values.readDataDirectory),
    records: table('record', ([base64 = '']) => Buffer.from(base64, 'base64').toString()),
    assignments: table('assignments', values.readAssignments),
    links: table('link', ([to]) => to),
    disks: table('disk', values.readDisk),
    readable: table('readable', ([answer]) => answer === 'yes'),
    locks: table('lock', values.readLock),
    health: table('health', values.readHealth),
    dpkg: part('dpkg', '-', values.readDpkg),
    cloudInit: part('cloud-init', '-', values.readCloudInit),
    swap: part('swap', '-', ([names = '']) => names.split(' ').filter((name) => name !== '')),
    clockIsSynchronized: part('clock', '-', ([answer]) =>
      answer === 'yes' ? true : answer === 'no' ? false : undefined,
    ),
    timeMs: part('now', '-', ([ms = '']) => (/^\d{13}$/.test(ms) ? Number(ms) : undefined)),
    operatorAddress: part('operator', '-', ([address]) => address),
  };
}

/** One round trip. Errors are the runner's, and `machines-observation-cut`. */
export async function observeMachine(
  runner: Pick<RemoteRunner, 'run'>,
  target: RemoteTarget,
  spec: MachineSpec,
  timeoutMs = 25_000,
): Promise<ObservedMachine> {
  const { stdout } = await runner.run(target, observeCommand(spec), { stdin: observeScript, timeoutMs });
  return parseObservation(stdout, target.label, spec);
}
