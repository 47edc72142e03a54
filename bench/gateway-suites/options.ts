// The command line of the suites: which of them, where their files are, and which two servers are compared.
import { parseArgs } from 'node:util';

export const help = `bench/gateway-suites: do public test suites see a difference between the engine and the gateway before it?

  node --conditions=understudy-source bench/gateway-suites/index.ts SUITES [options]

Suites, each with a PATH that is a folder or a git directory (bare too) with the repository that is named, and is not fetched:
  --yaml PATH        elastic/elasticsearch-clients-tests, or elastic/elasticsearch with --yaml-under
  --api FOLDER       the API description that they need: the folder rest-api-spec/api, also in the Maven package
                     org.elasticsearch:rest-api-spec
  --python PATH      elastic/elasticsearch-py: the client's tests that need a server
  --mapper PATH      elastic/elasticsearch-py: the object mapper and the applications in its examples
  --javascript PATH  elastic/elasticsearch-js: the client's tests, which it makes from those of --yaml
  --curator PATH     elastic/curator: a program that tends indices and snapshots
  --django PATH      django-es/django-elasticsearch-dsl: an application whose models are searched
  --haystack         the store of documents of Haystack, a library for question answering; its tests come from PyPI too

Servers:
  --engine URL       an empty engine for tests; every index in it is deleted (default: one of its own is started)
  --opensearch       that one is OpenSearch; for --yaml
  --through URL      a gateway that runs before that engine, or plain: a proxy that changes nothing
                     (default: packages/gateway is started)
  --gateway-option X given to that gateway, any number of times: --gateway-option=--gather=on

  --yaml-under PATH  where the tests are in --yaml (default tests)
  --revision NAME    of --yaml (default 9.5)
  --select WORD      only tests whose id has the word; for the Python suites an expression of pytest -k
  --from FILE        print what --json wrote before, and run nothing
  --json             the result as JSON on stdout; progress is on stderr

Examples:
  bench/gateway-suites/index.ts --yaml ../elasticsearch-clients-tests --api ../rest-api-spec/api
  bench/gateway-suites/index.ts --opensearch --yaml ../spec --yaml-under rest-api-spec/test --api ../spec/rest-api-spec/api
  bench/gateway-suites/index.ts --python ../elasticsearch-py --through plain
  bench/gateway-suites/index.ts --haystack
  bench/gateway-suites/index.ts --curator ../curator --engine http://127.0.0.1:9200 --through http://127.0.0.1:9300

The packages that the Python suites are about are installed from PyPI on the first run, into ~/.cache/understudy/suites.
Ends 0 when no difference was seen, 1 when one was, 64 for wrong usage, 70 when a suite could not be run.`;

const options = {
  yaml: { type: 'string' },
  api: { type: 'string' },
  python: { type: 'string' },
  mapper: { type: 'string' },
  javascript: { type: 'string' },
  curator: { type: 'string' },
  django: { type: 'string' },
  haystack: { type: 'boolean', default: false },
  opensearch: { type: 'boolean', default: false },
  engine: { type: 'string' },
  through: { type: 'string' },
  'gateway-option': { type: 'string', multiple: true, default: [] as string[] },
  'yaml-under': { type: 'string', default: 'tests' },
  revision: { type: 'string', default: '9.5' },
  from: { type: 'string' },
  select: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export type Options = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options }).values;
}

/** The options, or a sentence about what is wrong with them. */
export function readOptions(args: readonly string[]): Options | { readonly wrong: string } {
  let values: Options;
  try {
    values = parse(args);
  } catch (error) {
    return { wrong: (error as Error).message };
  }
  if (values.help || values.from !== undefined) return values;
  const { yaml, api, python, mapper, javascript, curator, django, haystack, opensearch, engine, through } = values;
  const forElasticsearch = [python, mapper, javascript, curator, django].some((path) => path !== undefined) || haystack;
  if (yaml === undefined && !forElasticsearch)
    return {
      wrong:
        'No suite is named: give at least one of --yaml, --python, --mapper, --javascript, --curator, --django, --haystack.',
    };
  if (opensearch && forElasticsearch)
    return {
      wrong: '--opensearch is for --yaml: the clients of the other suites refuse every engine but Elasticsearch.',
    };
  if (opensearch && engine !== undefined)
    return {
      wrong:
        '--opensearch and --engine exclude each other: the first starts an engine, the second names one that runs.',
    };
  if (yaml !== undefined && api === undefined)
    return { wrong: '--yaml needs --api, the folder with the description of the API.' };
  if (javascript !== undefined && yaml === undefined)
    return { wrong: '--javascript needs --yaml, the tests that it makes its own from.' };
  if (through !== undefined && through !== 'plain' && engine === undefined)
    return { wrong: '--through URL needs --engine URL: the engine that the gateway stands before.' };
  for (const [name, url] of Object.entries({ engine, through }))
    if (url !== undefined && url !== 'plain' && !/^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d+$/.test(url))
      return {
        wrong: `--${name} is ${url}, expected http://127.0.0.1:PORT: the tests delete everything, so it must be on this machine.`,
      };
  return values;
}
