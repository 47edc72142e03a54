// The Python of the machines, as pip must see it from a machine with another one: tags of wheels, and the values that the
// markers of requirements are evaluated with.
import { missingTool, runTool, type ToolRun } from '../run-tool.ts';

export interface PythonTarget {
  /** Version of the machines' python3, such as `3.13`. */
  readonly version: string;
  /** Version of their C library, such as `2.41`: a wheel for a newer one does not load. */
  readonly glibc: string;
}

/** Names for the first manylinux tags. https://peps.python.org/pep-0600/#legacy-manylinux-tags */
const legacyTags: Readonly<Record<number, string>> = { 5: 'manylinux1', 12: 'manylinux2010', 17: 'manylinux2014' };

/** Platforms whose wheels run there, best first. https://packaging.python.org/specifications/platform-compatibility-tags/ */
function platforms(glibc: string): string[] {
  const newest = Number(glibc.split('.')[1]);
  const tags: string[] = [];
  for (let minor = newest; minor >= 5; minor -= 1) {
    tags.push(`manylinux_2_${minor}_x86_64`);
    const legacy = legacyTags[minor];
    if (legacy !== undefined) tags.push(`${legacy}_x86_64`);
  }
  return [...tags, 'linux_x86_64'];
}

/** Options that make pip choose wheels for the machines. */
export function targetOptions({ version, glibc }: PythonTarget): string[] {
  return [
    ...['--only-binary', ':all:', '--implementation', 'cp', '--python-version', version],
    ...['--abi', `cp${version.replace('.', '')}`],
    ...platforms(glibc).flatMap((tag) => ['--platform', tag]),
  ];
}

/** https://packaging.python.org/specifications/dependency-specifiers/#environment-markers */
function markerValues({ version }: PythonTarget): Readonly<Record<string, string>> {
  return {
    implementation_name: 'cpython',
    implementation_version: `${version}.0`,
    os_name: 'posix',
    platform_machine: 'x86_64',
    platform_python_implementation: 'CPython',
    platform_release: '',
    platform_system: 'Linux',
    platform_version: '',
    python_full_version: `${version}.0`,
    python_version: version,
    sys_platform: 'linux',
  };
}

/**
 * pip chooses wheels by its options, yet evaluates markers (`; python_version < "3.13"`) with the Python that runs it. Its vendored
 * library has one function for those values; the report of a run says which were used, and the caller checks them.
 */
const pipWithMarkers = `import json, sys
from pip._vendor.packaging import markers
values = json.loads(sys.argv[1])
markers.default_environment = lambda: dict(values)
from pip._internal.cli.main import main
sys.exit(main(sys.argv[2:]))`;

const always = ['--disable-pip-version-check', '--no-input', '--no-color'];

/** Runs pip for the machines' Python; which index it asks is the user's own configuration of pip. */
export async function pip(
  target: PythonTarget,
  command: string,
  args: readonly string[],
  cwd?: string,
): Promise<ToolRun> {
  const values = JSON.stringify(markerValues(target));
  return await runTool('python3', ['-c', pipWithMarkers, values, command, ...always, ...args], { ...(cwd && { cwd }) });
}

/** The oldest pip that writes a report of what it would install. */
const oldestPip = [22, 2] as const;

/** Error: `release-tool` when python3 or pip is missing, or pip is too old. */
export async function checkPip(): Promise<void> {
  const { code, stdout, stderr } = await runTool('python3', ['-c', 'import pip; print(pip.__version__)']);
  if (code !== 0) throw missingTool('python3', undefined, `python3 without pip (${stderr.trim().split('\n').at(-1)})`);
  const [major = 0, minor = 0] = stdout.trim().split('.').map(Number);
  if (major < oldestPip[0] || (major === oldestPip[0] && minor < oldestPip[1])) {
    throw missingTool(
      'python3',
      undefined,
      `pip ${stdout.trim()}, and ${oldestPip.join('.')} is the oldest that can be used`,
    );
  }
}
