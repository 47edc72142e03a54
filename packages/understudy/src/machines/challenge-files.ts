// Files that the service of a machine gives out to a certificate authority which verifies a name (RFC 8555, 8.3).

/** The service is told of it by ACME_CHALLENGES. It exists only while a certificate is ordered. */
export const challengeDirectory = '/etc/understudy/acme-challenges';

/** Where an authority asks for them. */
const challengePath = '/.well-known/acme-challenge/';

const askWithinS = 5;
/** A word that no shell takes for anything else: names and contents come from an authority. */
const word = /^[\w.-]+$/;

/** Puts files, name -> content, in the place of all that are there; without any, the directory goes. Nothing in them is secret. */
export function putChallengesScript(files: Readonly<Record<string, string>>): string {
  const entries = Object.entries(files);
  for (const text of entries.flat()) if (!word.test(text)) throw new Error(`'${text}' is no word of a challenge`);
  const next = `${challengeDirectory}.next`;
  const lines = entries.map(([name, content]) => `printf %s ${content} > ${next}/${name}`);
  return [
    'set -eu',
    'umask 022',
    `rm -rf ${next} ${entries.length === 0 ? challengeDirectory : ''}`.trimEnd(),
    ...(entries.length === 0
      ? []
      : [`mkdir -p ${next}`, ...lines, `rm -rf ${challengeDirectory}`, `mv ${next} ${challengeDirectory}`]),
    '',
  ].join('\n');
}

/** Asks as the balancer does when the authority comes by http. Prints the status (000 without an answer), then the body. */
export function askChallengeScript(origin: string, name: string, file: string): string {
  for (const text of [name, file]) if (!word.test(text)) throw new Error(`'${text}' is no word of a challenge`);
  const headers = `-H 'Host: ${name}' -H 'X-Forwarded-For: 192.0.2.1' -H 'X-Forwarded-Proto: http'`;
  return `body=$(mktemp)
trap 'rm -f "$body"' EXIT
curl -s -o "$body" -w '%{http_code}\\n' --noproxy '*' --max-time ${askWithinS} ${headers} '${origin}${challengePath}${file}'
head -c 1000 "$body"
`;
}
