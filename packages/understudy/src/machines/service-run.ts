// Scripts that stop, change, start and sample the service of one machine. Pure values; when which of them runs is decided elsewhere.
import { serviceDrainedPath, serviceEnvironmentPath, serviceUnit, serviceUnitPath } from './service-files.ts';
import { writeFilesScript, type ManagedFile } from './managed-file.ts';
import { servicePlace, switchScript, type ReleasePlace } from './release.ts';

/** When the tool last started the service, in seconds of the machine's clock: what came later in the journal is of that start. */
const startedAtPath = '/run/understudy/service-asked';
/** Ends before the first good answer after which the service counts as failed: one that crashes at its start must not use up the time. */
const endsAllowed = 3;

export const serviceSettingsPaths = [serviceEnvironmentPath, serviceUnitPath] as const;

/** The copy of a file as it was before the last change of its content. */
function previousOf(path: string): string {
  return `${path}.previous`;
}

export interface StopOptions {
  readonly stopS: number;
  /** The balancer sends no requests to the machine, and none is under way: a service that drains by itself need not wait. */
  readonly drained: boolean;
}

/**
 * SIGTERM, and SIGKILL for what is left after `stopS`. The bound is here too, because the unit that runs may have been written with
 * another one. Stopping what does not run is no error.
 */
export function stopServiceScript({ stopS, drained }: StopOptions): string {
  const tell = drained ? `mkdir -p /run/understudy && : > ${serviceDrainedPath}\n` : '';
  return `systemctl cat ${serviceUnit} >/dev/null 2>&1 || exit 0
${tell}timeout ${stopS} systemctl stop ${serviceUnit} && exit 0
systemctl kill --signal=SIGKILL ${serviceUnit}
systemctl stop ${serviceUnit}
`;
}

/** Writes the files, keeping a copy of each whose content changes, and makes the release current. */
export function changeServiceScript(
  files: readonly ManagedFile[],
  release: string | undefined,
  place: ReleasePlace = servicePlace,
): string {
  const keep = files.map(({ path }) => `keep ${path}`);
  const then = release === undefined ? [] : [`( ${switchScript(release, place)} )`];
  return [
    `keep() { if [ -e "$1" ]; then cp -p "$1" "$1.understudy-old"; else rm -f "$1.understudy-old"; fi; }`,
    ...keep,
    writeFilesScript(files, [...files.map(({ path }) => keepCopyLine(path)), 'systemctl daemon-reload', ...then]),
  ].join('\n');
}

function keepCopyLine(path: string): string {
  return (
    `case " $changed " in *" ${path} "*) rm -f ${previousOf(path)}; ` +
    `if [ -e ${path}.understudy-old ]; then mv -f ${path}.understudy-old ${previousOf(path)}; fi ;; ` +
    `*) rm -f ${path}.understudy-old ;; esac`
  );
}

/** Puts back the copies of these files, and the release. */
export function restoreServiceScript(
  paths: readonly string[],
  release: string | undefined,
  place: ReleasePlace = servicePlace,
): string {
  return [
    'set -eu',
    ...paths.map((path) => `mv -f ${previousOf(path)} ${path}`),
    'systemctl daemon-reload',
    ...(release === undefined ? [] : [`( ${switchScript(release, place)} )`]),
    '',
  ].join('\n');
}

export function startServiceScript(): string {
  return `set -eu
mkdir -p /run/understudy
date +%s > ${startedAtPath}
systemctl reset-failed ${serviceUnit} 2>/dev/null || true
systemctl enable --quiet ${serviceUnit}
systemctl start --no-block ${serviceUnit}
`;
}

/** How long a machine waits for one answer of its service. */
export const answerWithinS = 5;

/** Exit codes of `awaitAnswersScript`. */
export const answerExits = { late: 4, ended: 5 } as const;

/**
 * Waits until every URL answers 2xx or 3xx, within `startS`. Otherwise it prints what the first one that did not said last, such as
 * `http://10.20.0.31:5000/readyz answered 503`, or how often the service has ended.
 */
export function awaitAnswersScript(urls: readonly string[], startS: number, unit: string = serviceUnit): string {
  const asks = urls.map((url) => `    asked '${url}' || continue`);
  return `end=$(($(date +%s) + ${startS})) missing=
asked() {
  code=$(curl -s -o /dev/null -w '%{http_code}' --noproxy '*' --max-time ${answerWithinS} "$1")
  case "$code" in
    2*|3*) return 0 ;;
    000|'') missing="$1 did not answer" ;;
    *) missing="$1 answered $code" ;;
  esac
  return 1
}
while :; do
  [ -z "$missing" ] || sleep 0.3
  ends=$(systemctl show -p NRestarts --value ${unit})
  state=$(systemctl show -p ActiveState --value ${unit})
  if [ "\${ends:-0}" -ge ${endsAllowed} ]; then echo "$ends"; exit ${answerExits.ended}; fi
  if [ "$state" = failed ]; then echo "$ends"; exit ${answerExits.ended}; fi
  if [ "$(date +%s)" -ge "$end" ]; then echo "\${missing:-no answer}"; exit ${answerExits.late}; fi
  for attempt in 1; do
${asks.join('\n')}
    exit 0
  done
done
`;
}

/** Peers of established connections to the service from other machines, one a line. */
export function connectionsScript(ports: readonly number[]): string {
  const own = ports.map((port) => `sport = :${port}`).join(' or ');
  return `command -v ss >/dev/null || exit 3
ss -Htn state established '( ${own} )' | while read -r _ _ own peer _; do
  [ "\${own%:*}" = "\${peer%:*}" ] || echo "$peer"
done
`;
}

/** One sample of the running service. */
export interface ServiceSample {
  readonly mainPid: number;
  readonly restarts: number;
  readonly active: boolean;
  /** In the order of the URLs. `status` is 0 when there was no answer. */
  readonly answers: readonly { readonly status: number; readonly ms: number }[];
}

export function sampleScript(urls: readonly string[], unit: string = serviceUnit): string {
  const asks = urls.map(
    (url) =>
      `curl -s -o /dev/null --noproxy '*' --max-time ${answerWithinS} -w 'answer=%{http_code} %{time_total}\\n' '${url}' || true`,
  );
  return [`systemctl show -p MainPID,NRestarts,ActiveState ${unit}`, ...asks, ''].join('\n');
}

export function readSample(text: string): ServiceSample {
  const of = (name: string): string[] =>
    text.split('\n').flatMap((line) => (line.startsWith(`${name}=`) ? [line.slice(name.length + 1)] : []));
  return {
    mainPid: Number(of('MainPID')[0] ?? 0),
    restarts: Number(of('NRestarts')[0] ?? 0),
    active: of('ActiveState')[0] === 'active',
    answers: of('answer').map((answer) => {
      const [status = 0, seconds = 0] = answer.split(' ').map(Number);
      return { status, ms: seconds * 1000 };
    }),
  };
}

/** How the service ended since the tool started it, and its own last lines. */
export interface LastWords {
  /** systemd's words: `code=exited, status=3/NOTIMPLEMENTED`; undefined: it has not ended. */
  readonly exit: string | undefined;
  readonly lines: readonly string[];
}

const lastLines = 25;

/** Lines of the service's processes are told from systemd's by their unit: systemd's own lines are of init.scope. */
export function lastWordsScript(): string {
  const since = `--since "@$(cat ${startedAtPath} 2>/dev/null || echo 0)"`;
  return `journalctl -u ${serviceUnit} ${since} -o cat --no-pager | sed -n 's/.*Main process exited, /exit=/p' | tail -n 1
journalctl _SYSTEMD_UNIT=${serviceUnit} ${since} -o cat --no-pager -n ${lastLines} | sed 's/^/line=/'
`;
}

export function readLastWords(text: string): LastWords {
  const of = (name: string): string[] =>
    text.split('\n').flatMap((line) => (line.startsWith(`${name}=`) ? [line.slice(name.length + 1)] : []));
  return { exit: of('exit')[0], lines: of('line') };
}

/** Where a person reads more. */
export const journalCommand = `journalctl -u ${serviceUnit} -n 200 --no-pager`;
