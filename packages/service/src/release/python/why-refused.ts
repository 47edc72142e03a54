// Why pip could not resolve a requirements.txt: told from exit codes and from what the index says of one requirement at a time,
// never from the wording of pip's messages, which are quoted as they are.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refusal, ReleaseError } from '../release-error.ts';
import { quoted, runTool, type ToolRun } from '../run-tool.ts';
import { pip, targetOptions, type PythonTarget } from './target.ts';

/** The lines of a requirements file by pip's own library: what each asks for, and whether the target needs it. */
const readRequirements = `import json, re, sys
from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
found = []
text = re.sub(r"\\\\\\n", " ", open(sys.argv[1], encoding="utf-8").read())
for number, line in enumerate(text.split("\\n"), 1):
    line = re.sub(r"(^|\\s)#.*$", "", line).strip()
    plain = re.sub(r"\\s--(hash|config-settings|global-option)[ =].*$", "", line)
    if not plain or plain.startswith("-"):
        continue
    try:
        one = Requirement(plain)
        found.append({"line": plain, "full": line, "name": one.name, "specifier": str(one.specifier), "url": one.url is not None})
    except InvalidRequirement as error:
        found.append({"line": plain, "full": line, "invalid": str(error).split("\\n")[0]})
print(json.dumps(found))`;

/** Which of the versions (further words) fit a specifier (first word). */
const fittingVersions = `import json, sys
from pip._vendor.packaging.specifiers import SpecifierSet
print(json.dumps(list(SpecifierSet(sys.argv[1]).filter(sys.argv[2:], prereleases=True))))`;

interface Requirement {
  /** Without options. */
  readonly line: string;
  /** With options, such as hashes. */
  readonly full: string;
  readonly name?: string;
  readonly specifier?: string;
  readonly url?: boolean;
  readonly invalid?: string;
}

/** The error for a run of pip that failed on this requirements file. Asks the index, a few seconds for each requirement. */
export async function whyRefused(path: string, target: PythonTarget, run: ToolRun): Promise<ReleaseError> {
  const requirements = await listed(path);
  const invalid = requirements.find((one) => one.invalid !== undefined);
  if (invalid !== undefined)
    return refused(run, invalid.line, 'one requirement a line, such as flask==3.1.2', invalid.invalid);
  if (!(await indexAnswers(requirements))) {
    const text =
      `The package index gave no answer, neither for the requirements of ${path} nor for pip itself, so nothing is known of them. ` +
      `Check the connection and pip's configuration (python3 -m pip config list). pip says:\n${quoted(run)}`;
    return new ReleaseError('release-index', text);
  }
  for (const requirement of requirements) {
    if ((await resolved(requirement.full, target, ['--no-deps'])) !== undefined) continue;
    return await whyAlone(requirement, target, run);
  }
  // With hashes pip wants those of everything that is needed, which no single line has.
  const areHashed = requirements.some(({ line, full }) => line !== full);
  for (const requirement of areHashed ? [] : requirements) {
    if ((await resolved(requirement.line, target, [])) !== undefined) continue;
    const message = `${requirement.line} itself has a wheel for Python ${target.version} on x86_64, and something that it needs has none`;
    return refused(run, requirement.line, 'a requirement whose own requirements have wheels too', message);
  }
  const all = requirements.map(({ line }) => line).join(', ');
  const message =
    'each of them can be installed by itself, and not all together: they conflict, or a hash is missing or wrong';
  return refused(
    both(run),
    all,
    'requirements that can be installed together',
    message,
    'loosen a version; pip names the two',
  );
}

async function listed(path: string): Promise<Requirement[]> {
  const run = await runTool('python3', ['-c', readRequirements, path]);
  return run.code === 0 ? (JSON.parse(run.stdout) as Requirement[]) : [];
}

/** Versions that the index has of a name, in any form, newest first; empty without an answer. */
async function versionsOf(name: string): Promise<string[]> {
  const options = ['--pre', '--ignore-requires-python', '--disable-pip-version-check', '--no-input', '--no-color'];
  const { code, stdout } = await runTool('python3', ['-m', 'pip', 'index', 'versions', name, ...options]);
  const line = stdout.split('\n').find((one) => one.startsWith('Available versions: '));
  return code === 0 && line !== undefined ? line.slice('Available versions: '.length).split(', ') : [];
}

async function indexAnswers(requirements: readonly Requirement[]): Promise<boolean> {
  for (const name of ['pip', ...requirements.flatMap((one) => one.name ?? [])]) {
    if ((await versionsOf(name)).length > 0) return true;
  }
  return requirements.length === 0;
}

/** The version that pip takes for one requirement by itself; undefined when it takes none. */
async function resolved(line: string, target: PythonTarget, more: readonly string[]): Promise<string | undefined> {
  const scratch = await mkdtemp(join(tmpdir(), 'understudy-pip-'));
  try {
    const [path, report] = [join(scratch, 'one.txt'), join(scratch, 'report.json')];
    await writeFile(path, `${line}\n`);
    const { code } = await pip(target, 'install', [
      ...['--dry-run', '--ignore-installed', '--quiet', '--report', report, '--target', join(scratch, 'none'), ...more],
      ...[...targetOptions(target), '--requirement', path],
    ]);
    if (code !== 0) return undefined;
    const { install } = JSON.parse(await readFile(report, 'utf8')) as { install: { metadata: { version: string } }[] };
    return install[0]?.metadata.version ?? '';
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function whyAlone(requirement: Requirement, target: PythonTarget, run: ToolRun): Promise<ReleaseError> {
  const { line, name = '', specifier = '', url } = requirement;
  const wheelsFor = `Python ${target.version} on x86_64`;
  if (url === true)
    return refused(run, line, `the URL of a wheel for ${wheelsFor}`, 'pip could not take it from there');
  const all = await versionsOf(name);
  if (all.length === 0) return await whyUnknown(requirement, run);
  const fitting = await fit(specifier, all);
  if (fitting.length === 0) {
    return refused(run, line, `a version that the index has: ${some(all)}`, `the index has no such version of ${name}`);
  }
  if ((await resolved(`${name}${specifier}`, target, ['--no-deps'])) !== undefined) {
    const message = 'the index has it for the machines, with none of the hashes that stand there';
    return refused(run, line, 'the hash of a wheel that the index has', message, 'write the hash that pip names');
  }
  const withWheel = await resolved(name, target, ['--no-deps']);
  const allowed = withWheel === undefined ? 'a package with a wheel' : `a version with a wheel, such as ${withWheel}`;
  const message = `${name} ${some(fitting)} has no wheel for ${wheelsFor}, and the machines compile nothing`;
  const remedy =
    withWheel === undefined
      ? 'replace the package; or make a wheel of it (python3 -m pip wheel) in a directory that --find-links names'
      : `write ${name}==${withWheel}, or take another image or service.python`;
  return refused(run, line, allowed, message, remedy);
}

/** A project is often named otherwise than its package: elasticsearch-py is elasticsearch. */
async function whyUnknown({ line, name = '' }: Requirement, run: ToolRun): Promise<ReleaseError> {
  const plainer = name.replace(/^(?:python|py)[-_.]?|[-_.](?:python|py)$/gi, '');
  const known = plainer !== name && plainer !== '' && (await versionsOf(plainer)).length > 0;
  const remedy = known ? `write ${plainer}, which the index has` : 'mend requirements.txt';
  return refused(run, line, 'a package that the index has', `the index has no package ${name}`, remedy);
}

async function fit(specifier: string, versions: readonly string[]): Promise<string[]> {
  const { code, stdout } = await runTool('python3', ['-c', fittingVersions, specifier, ...versions]);
  return code === 0 ? (JSON.parse(stdout) as string[]) : [...versions];
}

const some = (versions: readonly string[]): string =>
  versions.slice(0, 5).join(', ') + (versions.length > 5 ? ' …' : '');

/** pip explains a conflict on stdout. */
const both = ({ code, stdout, stderr }: ToolRun): ToolRun => ({ code, stdout: '', stderr: `${stdout}\n${stderr}` });

function refused(
  run: ToolRun,
  saw: string,
  allowed: string,
  message = '',
  remedy = 'mend requirements.txt',
): ReleaseError {
  return refusal('release-requirements', {
    field: 'artifact',
    saw: `${saw} in requirements.txt`,
    allowed,
    message,
    remedy: `${remedy}. pip says:\n${quoted(run)}`,
  });
}
