// Sends real documents through the balancer: the descriptions of Debian's own packages, by the service's bulk endpoint.
//   load-documents.ts BASE_URL [COUNT]; UNDERSTUDY_KEY is the key that the service wants, with the scope admin
// Prints one line; exits 1 when a document was refused.
import { loadCorpus } from '../../packages/understudy/src/proof/index.ts';

const [base, count = '20000'] = process.argv.slice(2);
if (base === undefined) throw new Error('usage: load-documents.ts BASE_URL [COUNT]');

const documentsPerRequest = 500;
const key = process.env['UNDERSTUDY_KEY'];
const login = key === undefined ? {} : { authorization: `Bearer ${key}` };
const entries = await loadCorpus(Number(count));
const startedMs = performance.now();
let refused = 0;

for (let from = 0; from < entries.length; from += documentsPerRequest) {
  const lines = entries
    .slice(from, from + documentsPerRequest)
    .map(({ title, text }) => JSON.stringify({ id: `debian-${title}`, data: { title, text } }));
  const response = await fetch(`${base}/bulk`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...login },
    body: `${lines.join('\n')}\n`,
    signal: AbortSignal.timeout(60_000),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`POST /bulk answered ${response.status}: ${answer.slice(0, 300)}`);
  refused += answer.split('\n').filter((line) => line.includes('"error"')).length;
}

const seconds = (performance.now() - startedMs) / 1000;
console.log(`${entries.length} documents indexed in ${seconds.toFixed(1)} s, ${refused} refused`);
process.exitCode = refused === 0 ? 0 : 1;
