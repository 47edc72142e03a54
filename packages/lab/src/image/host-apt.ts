// How this host reaches Debian: the mirrors in its own apt sources and its own apt settings. The project names no mirror.
import { UnderstudyError } from '@understudy/foundation';
import { runBuildCommand } from '../cache/build-command.ts';

/** One line of `apt-get indextargets`. */
export interface IndexTarget {
  readonly uri: string;
  readonly suite: string;
  /** From the downloaded Release file; absent before the first `apt-get update`. */
  readonly codename?: string;
  readonly component: string;
}

export interface DebianMirrors {
  readonly archive: string;
  /** Absent when the host does not use it; then the image goes without, as the host does. */
  readonly updates?: string;
  readonly security?: string;
}

export interface HostApt {
  readonly mirrors: DebianMirrors;
  /** Lines for an apt.conf: proxies, timeouts and the like. */
  readonly settings: readonly string[];
}

const indexTargetsCommand = [
  'apt-get',
  'indextargets',
  '--format',
  '$(REPO_URI)|$(RELEASE)|$(CODENAME)|$(COMPONENT)',
  'Identifier: Packages',
] as const;

const settingsCommand = ['apt-config', 'dump', 'Acquire'] as const;

/** Reads the output of `indexTargetsCommand`; apt leaves a field it does not know as its own name, `$(CODENAME)`. */
export function parseIndexTargets(text: string): IndexTarget[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('|'))
    .map(([uri = '', suite = '', codename = '', component = '']) => ({
      uri,
      suite,
      ...(codename === '' || codename.startsWith('$') ? {} : { codename }),
      component,
    }));
}

/**
 * The mirrors that carry the host's own release, whose sister suites carry the image's. `hostCodename` is from os-release.
 * Error: `lab-no-debian-mirror`.
 */
export function debianMirrors(targets: readonly IndexTarget[], hostCodename: string): DebianMirrors {
  const carrying = (codename: string): string | undefined =>
    targets.find((target) => target.component === 'main' && [target.codename, target.suite].includes(codename))?.uri;
  const archive = carrying(hostCodename);
  if (archive === undefined) {
    throw new UnderstudyError(
      'lab-no-debian-mirror',
      `No apt source of this host carries '${hostCodename} main'; the lab builds its machines from the host's own Debian mirror. ` +
        'Run it on Debian, with the release itself among the apt sources.',
      { facts: { hostCodename, suites: targets.map((target) => target.suite) } },
    );
  }
  const updates = carrying(`${hostCodename}-updates`);
  const security = carrying(`${hostCodename}-security`);
  return { archive, ...(updates === undefined ? {} : { updates }), ...(security === undefined ? {} : { security }) };
}

/** Settings that decide how packages are fetched; the others (index targets, languages, hooks) concern only the host. */
const fetchSettings =
  /^Acquire::(?:https?::|ftp::|Retries|ForceIPv|Check-|Queue-Mode|By-Hash|Max-FutureTime|Max-ValidTime)/;

/** From `apt-config dump Acquire`, the lines that hold a value and decide how packages are fetched. */
export function fetchSettingLines(dump: string): string[] {
  return dump.split('\n').filter((line) => fetchSettings.test(line) && !line.endsWith(' "";'));
}

export function codenameFrom(osRelease: string): string {
  return /^VERSION_CODENAME="?([^"\n]+)"?$/m.exec(osRelease)?.[1] ?? '';
}

/** `osRelease` is the text of /etc/os-release. Errors: `lab-no-debian-mirror`, those of runBuildCommand. */
export async function readHostApt(osRelease: string, signal?: AbortSignal): Promise<HostApt> {
  const targets = parseIndexTargets(await runBuildCommand(indexTargetsCommand, { signal }));
  const settings = fetchSettingLines(await runBuildCommand(settingsCommand, { signal }));
  return { mirrors: debianMirrors(targets, codenameFrom(osRelease)), settings };
}

/** Lines of a sources.list for the image's release on the host's mirrors. */
export function imageSources(mirrors: DebianMirrors, codename: string): string[] {
  return [
    `deb ${mirrors.archive} ${codename} main`,
    ...(mirrors.updates === undefined ? [] : [`deb ${mirrors.updates} ${codename}-updates main`]),
    ...(mirrors.security === undefined ? [] : [`deb ${mirrors.security} ${codename}-security main`]),
  ];
}
