// The file of keys on a service machine, and the script that puts it there and sees that the running service has it. Hashes alone are in
// that file; the tool's own key goes over standard input, so that it is in no argument and no file.
import type { Secret } from '@understudy/foundation';
import { contentHash, writeFilesScript, type ManagedFile } from './managed-file.ts';
import { serviceUnit, serviceUser } from './service-files.ts';

export const serviceKeysPath = '/etc/understudy/service-keys.json';

/** Root alone changes it, the service's user reads it. */
export function serviceKeysFile(text: string): ManagedFile {
  return { path: serviceKeysPath, mode: '0640', owner: `root:${serviceUser}`, content: text };
}

/** Exit codes of `putKeysScript`, beside 0: the running service has them. */
export const putKeysExits = {
  /** The service does not run; it reads them when it starts. */
  stopped: 3,
  /** It runs and has not taken them; what it said is printed. */
  late: 4,
  /** What runs was started without keys. */
  withoutKeys: 5,
} as const;

export interface PutKeys {
  /** Of the list. */
  readonly text: string;
  readonly toolKey: Secret;
  /** `http://10.20.0.31:5000` */
  readonly origin: string;
  readonly withinS: number;
}

export function putKeysScript({ text, toolKey, origin, withinS }: PutKeys): string {
  return `${writeFilesScript([serviceKeysFile(text)])}${awaitKeysScript({ text, toolKey, origin, withinS })}`;
}

/** Waits until the service answers with the hash of this list. */
function awaitKeysScript({ text, toolKey, origin, withinS }: PutKeys): string {
  // printf is the shell's own, so the key is in no process list.
  return `
systemctl is-active --quiet ${serviceUnit} || exit ${putKeysExits.stopped}
end=$(($(date +%s) + ${withinS}))
while :; do
  said=$(printf 'Authorization: Bearer %s\\n' '${toolKey.reveal()}' | curl -s --noproxy '*' --max-time 5 -H @- -w ' %{http_code}' '${origin}/whoami' || true)
  case $said in
    # Its other processes look at the file within 20 ms.
    *'"${contentHash(text)}"'*) sleep 0.2; exit 0 ;;
    *'"caller":"public"'* | *' 404') exit ${putKeysExits.withoutKeys} ;;
  esac
  if [ "$(date +%s)" -ge "$end" ]; then printf '%s\\n' "$said" | tail -c 300; exit ${putKeysExits.late}; fi
  sleep 0.2
done
`;
}

/** Prints the list that is on the machine; nothing when there is none. */
export function readKeysScript(): string {
  return `[ ! -e ${serviceKeysPath} ] || cat ${serviceKeysPath}\n`;
}
