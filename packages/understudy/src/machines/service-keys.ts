// The files of keys and of the secrets of service machines on one of them, and the scripts that put them there and see that the running
// service has them. The file of keys has hashes alone; the tool's own key goes over standard input, so that it is in no argument and no file.
import type { Secret } from '@understudy/foundation';
import { contentHash, writeFilesScript, type ManagedFile } from './managed-file.ts';
import { serviceKeysPath, servicePeersPath, serviceUnit, serviceUser } from './service-files.ts';

/** Root alone changes it, the service's user reads it. */
export function serviceKeysFile(text: string): ManagedFile {
  return { path: serviceKeysPath, mode: '0640', owner: `root:${serviceUser}`, content: text };
}

/** The secrets with which service machines know each other, one a line; the first signs. For the service alone; its sandbox keeps it from writing. */
export function servicePeersFile(secrets: readonly Secret[]): ManagedFile {
  const content = secrets.map((secret) => `${secret.reveal()}\n`).join('');
  return { path: servicePeersPath, mode: '0600', owner: `${serviceUser}:${serviceUser}`, content };
}

/** Exit codes of `putKeysScript`, beside 0: the running service has them. */
export const putKeysExits = {
  /** The service does not run; it reads them when it starts. */
  stopped: 3,
  /** It runs and has not taken them; what it said is printed. */
  late: 4,
  /** What runs was started without keys. */
  withoutKeys: 5,
  /** The list that is there is not one that this one may replace; nothing was written. */
  replaced: 6,
} as const;

export interface PutKeys {
  /** Of the list. */
  readonly text: string;
  /** Of the service machines among each other; undefined: their file stays as it is. */
  readonly peerSecrets?: readonly Secret[] | undefined;
  readonly toolKey: Secret;
  /** `http://10.20.0.31:5000` */
  readonly origin: string;
  readonly withinS: number;
  /**
   * older: a list of the same generation that says something else stays too, for another operator has made it at the same moment. notLater:
   * it is replaced, for somebody has changed the file on the machine. A later one always stays.
   */
  readonly replaces: 'older' | 'notLater';
}

export function putKeysScript(keys: PutKeys): string {
  const { text, peerSecrets } = keys;
  const files = [serviceKeysFile(text), ...(peerSecrets ? [servicePeersFile(peerSecrets)] : [])];
  return `${mayReplaceScript(keys)}${writeFilesScript(files)}exec 9>&-\n${awaitKeysScript(keys)}`;
}

const generationLine = /^ *"generation": (\d+),?$/m;

/** Two operators who write at the same moment write one after the other, and the second sees what the first has written. */
function mayReplaceScript({ text, replaces }: PutKeys): string {
  const generation = generationLine.exec(text)?.[1] ?? '0';
  return `exec 9>>/run/understudy-service-keys.lock
flock -w 10 9 || exit 1
there=$(sed -nE 's/^ *"generation": ([0-9]+),?$/\\1/p' ${serviceKeysPath} 2>/dev/null | head -n 1)
if [ -n "$there" ] && [ "$there" ${replaces === 'older' ? '-ge' : '-gt'} ${generation} ] &&
  [ "$(sha256sum < ${serviceKeysPath} | cut -c 1-64)" != ${contentHash(text)} ]; then exit ${putKeysExits.replaced}; fi
`;
}

/** Waits until the service answers with the hash of this list, and of the secrets if it takes requests of other machines. */
function awaitKeysScript({ text, peerSecrets, toolKey, origin, withinS }: PutKeys): string {
  const peers = peerSecrets && contentHash(servicePeersFile(peerSecrets).content);
  // printf is the shell's own, so the key is in no process list.
  return `
systemctl is-active --quiet ${serviceUnit} || exit ${putKeysExits.stopped}
end=$(($(date +%s) + ${withinS}))
while :; do
  said=$(printf 'Authorization: Bearer %s\\n' '${toolKey.reveal()}' | curl -s --noproxy '*' --max-time 5 -H @- -w ' %{http_code}' '${origin}/whoami' || true)
  late=
${peers === undefined ? '' : latePeers(peers)}  case $late$said in
    # Its other processes look at the file within 20 ms.
    late*) ;;
    *'"${contentHash(text)}"'*) sleep 0.2; exit 0 ;;
    *'"caller":"public"'* | *' 404') exit ${putKeysExits.withoutKeys} ;;
  esac
  if [ "$(date +%s)" -ge "$end" ]; then printf '%s\\n' "$said" | tail -c 300; exit ${putKeysExits.late}; fi
  sleep 0.2
done
`;
}

/** A service that takes no requests of other machines says nothing of their secrets. */
function latePeers(hash: string): string {
  return `  case $said in
    *'"${hash}"'*) ;;
    *'"peers_sha256"'*) late=late ;;
  esac
`;
}

/** Prints the machine's own time in milliseconds: what is signed for it is signed by its clock. */
export function machineTimeScript(): string {
  return 'date +%s%3N\n';
}

/**
 * Asks the service of a machine who these callers are, each a header line such as `Authorization: Bearer KEY`. Prints a line for each: the
 * status, and `peers` when the caller is told which secrets of service machines are in force.
 */
export function askAsCallersScript(origin: string, headers: readonly Secret[]): string {
  const asks = headers.map((header) => `ask '${header.reveal()}'`);
  // Both are the shell's own, so no header is in a process list.
  return `ask() {
  said=$(printf '%s\\n' "$1" | curl -s --noproxy '*' --max-time 5 -H @- -w ' %{http_code}' '${origin}/whoami' || true)
  case $said in *'"peers_sha256"'*) peers=peers ;; *) peers=- ;; esac
  printf '%s %s\\n' "\${said##* }" "$peers"
}
${asks.join('\n')}
`;
}

/** Prints the list that is on the machine; nothing when there is none. */
export function readKeysScript(): string {
  return `[ ! -e ${serviceKeysPath} ] || cat ${serviceKeysPath}\n`;
}
