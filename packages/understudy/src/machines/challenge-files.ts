// Files that the service of a machine gives out to a certificate authority which verifies a name (RFC 8555, 8.3).

/** The service is told of it by ACME_CHALLENGES. It is made by the first order, and empty but while a certificate is ordered. */
export const challengeDirectory = '/etc/understudy/acme-challenges';

/** Where an authority asks for them. */
const challengePath = '/.well-known/acme-challenge/';

const askWithinS = 5;
/** A word that no shell takes for anything else: names and contents come from an authority. */
const word = /^[\w.-]+$/;

/** Puts files, name -> content, beside those of another order. Nothing in them is secret. What a killed order left is removed after an hour. */
export function putChallengesScript(files: Readonly<Record<string, string>>): string {
  const lines = Object.entries(files).map(([name, content]) => {
    const path = `${challengeDirectory}/${asWord(name)}`;
    return `printf %s ${asWord(content)} > ${path}.next && mv ${path}.next ${path}`;
  });
  return [
    'set -eu',
    'umask 022',
    `mkdir -p ${challengeDirectory}`,
    `find ${challengeDirectory} -type f -mmin +60 -delete`,
    ...lines,
    '',
  ].join('\n');
}

/** The directory stays: another order may be about to write there. */
export function removeChallengesScript(names: readonly string[]): string {
  const paths = names.map((name) => `${challengeDirectory}/${asWord(name)}`);
  return `rm -f ${paths.join(' ')}\n`;
}

function asWord(text: string): string {
  if (!word.test(text)) throw new Error(`'${text}' is no word of a challenge`);
  return text;
}

/** Asks as the balancer does when the authority comes by http. Prints the status (000 without an answer), then the body. */
export function askChallengeScript(origin: string, name: string, file: string): string {
  const headers = `-H 'Host: ${asWord(name)}' -H 'X-Forwarded-For: 192.0.2.1' -H 'X-Forwarded-Proto: http'`;
  return `body=$(mktemp)
trap 'rm -f "$body"' EXIT
curl -s -o "$body" -w '%{http_code}\\n' --noproxy '*' --max-time ${askWithinS} ${headers} '${origin}${challengePath}${asWord(file)}'
head -c 1000 "$body"
`;
}
