// What one machine is like, learned in one round trip: a small shell script that only reads, and the parser of what it says.
import { absent, seen, UnderstudyError, type Seen } from '../ground/index.ts';
import type { RemoteRunner, RemoteTarget } from './remote.ts';

export interface MachineSpec {
  readonly files: readonly string[];
  readonly units: readonly string[];
  readonly sysctls: readonly string[];
  /** Debian packages whose version matters. */
  readonly packages: readonly string[];
  /** Directories of which it matters whether anything is in them. */
  readonly directories: readonly string[];
  /** Small text files to read whole (what a unit was started with). */
  readonly records: readonly string[];
  /** Symlinks whose target matters. */
  readonly links: readonly string[];
}

interface ObservedFile {
  readonly hash: string;
  /** Octal, four digits. */
  readonly mode: string;
  readonly owner: string;
}

interface ObservedUnit {
  /** systemd's ActiveState: `active`, `inactive`, `failed`, `activating`, ... */
  readonly active: string;
  readonly enabled: boolean;
}

interface ObservedSysctl {
  readonly value: string;
  readonly writable: boolean;
}

/** Everything keyed by what was asked; what is missing on the machine is missing here. */
export interface ObservedMachine {
  readonly files: Readonly<Record<string, Seen<ObservedFile>>>;
  readonly units: Readonly<Record<string, Seen<ObservedUnit>>>;
  readonly sysctls: Readonly<Record<string, Seen<ObservedSysctl>>>;
  readonly packages: Readonly<Record<string, Seen<string>>>;
  readonly directories: Readonly<Record<string, Seen<'empty' | 'filled'>>>;
  readonly records: Readonly<Record<string, Seen<string>>>;
  readonly links: Readonly<Record<string, Seen<string>>>;
  /** `done`, `running`, `error`, `disabled`, or `absent` where there is no cloud-init. */
  readonly cloudInit: Seen<string>;
  /** The address from which this machine saw the operator come. */
  readonly operatorAddress: Seen<string>;
}

/** Lines of `kind TAB subject TAB values...`; the lists come as arguments so that the script itself is constant. */
export const observeScript = `
t=$(printf '\\t')
say() { printf '%s\\t%s\\t%s\\n' "$1" "$2" "$3"; }
while [ $# -gt 0 ]; do
  kind=$1; subject=$2; shift 2
  case $kind in
    file) [ -f "$subject" ] && say file "$subject" "$(sha256sum < "$subject" | cut -d' ' -f1)$t$(stat -c '%04a' "$subject")$t$(stat -c '%U:%G' "$subject")" ;;
    unit) say unit "$subject" "$(systemctl show -p ActiveState --value "$subject")$t$(systemctl show -p UnitFileState --value "$subject")" ;;
    sysctl) p=/proc/sys/$(echo "$subject" | tr . /)
      [ -r "$p" ] && say sysctl "$subject" "$(cat "$p")$t$([ -w "$p" ] && echo yes || echo no)" ;;
    package) v=$(dpkg-query -W -f '\${db:Status-Abbrev}\${Version}' "$subject" 2>/dev/null)
      case $v in ii*) say package "$subject" "\${v#ii }" ;; esac ;;
    directory) if [ ! -d "$subject" ]; then say directory "$subject" absent
      elif [ -z "$(ls -A "$subject")" ]; then say directory "$subject" empty; else say directory "$subject" filled; fi ;;
    record) [ -f "$subject" ] && say record "$subject" "$(base64 -w0 < "$subject")" ;;
    link) [ -L "$subject" ] && say link "$subject" "$(readlink "$subject")" ;;
  esac
done
if command -v cloud-init >/dev/null; then say cloud-init - "$(cloud-init status 2>/dev/null | sed -n 's/^status: //p')"; else say cloud-init - absent; fi
say end - -
`;

export function observeCommand(spec: MachineSpec): readonly string[] {
  const asked = (kind: string, subjects: readonly string[]): string[] => subjects.flatMap((subject) => [kind, subject]);
  return [
    ...['sh', '-s', '--'],
    ...asked('file', spec.files),
    ...asked('unit', spec.units),
    ...asked('sysctl', spec.sysctls),
    ...asked('package', spec.packages),
    ...asked('directory', spec.directories),
    ...asked('record', spec.records),
    ...asked('link', spec.links),
  ];
}

/** Error: `machines-observation-cut` when the answer does not end as it should. */
export function parseObservation(text: string, label: string): ObservedMachine {
  const lines = text.split('\n').map((line) => line.split('\t'));
  if (!lines.some(([kind]) => kind === 'end')) {
    throw new UnderstudyError('machines-observation-cut', `What ${label} says of itself was cut short. Run again.`, {
      facts: { label },
    });
  }
  const table = <Value>(kind: string, read: (values: readonly string[]) => Value): Record<string, Seen<Value>> =>
    Object.fromEntries(
      lines.filter(([first]) => first === kind).map(([, subject = '', ...values]) => [subject, seen(read(values))]),
    );
  return {
    files: table('file', ([hash = '', mode = '', owner = '']) => ({ hash, mode, owner })),
    units: table('unit', ([active = '', state = '']) => ({ active, enabled: state === 'enabled' })),
    sysctls: table('sysctl', (values) => ({
      // Some settings hold several numbers, separated by tabs.
      value: values.slice(0, -1).join(' '),
      writable: values.at(-1) === 'yes',
    })),
    packages: table('package', ([version = '']) => version),
    directories: table('directory', ([state]) => (state === 'filled' ? 'filled' : 'empty')),
    records: table('record', ([base64 = '']) => Buffer.from(base64, 'base64').toString()),
    links: table('link', ([to = '']) => to),
    cloudInit: table('cloud-init', ([status = '']) => status)['-'] ?? absent,
    operatorAddress: table('operator', ([address = '']) => address)['-'] ?? absent,
  };
}

/** What was asked about one subject; absent when the machine says nothing of it. */
export function partOf<Value>(parts: Readonly<Record<string, Seen<Value>>>, subject: string): Seen<Value> {
  return parts[subject] ?? absent;
}

/** One round trip. Errors are the runner's, and `machines-observation-cut`. */
export async function observeMachine(
  runner: Pick<RemoteRunner, 'run'>,
  target: RemoteTarget,
  spec: MachineSpec,
  timeoutMs = 15_000,
): Promise<ObservedMachine> {
  const { stdout } = await runner.run(target, observeCommand(spec), { stdin: observeScript, timeoutMs });
  return parseObservation(stdout, target.label);
}
