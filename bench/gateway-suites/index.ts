// Runs public test suites against an engine, once directly and once through the gateway, and tells every difference.
import { readFile } from 'node:fs/promises';
import { compareSuite, type Row } from './compare.ts';
import { help, readOptions, type Options } from './options.ts';
import { javascriptSuite } from './javascript-suite.ts';
import { curatorSuite, djangoSuite, haystackSuite, pythonClientSuite, pythonMapperSuite } from './python-suites.ts';
import type { Suite } from './suite.ts';
import { table } from './table.ts';
import { startGateway, startOwnEngine, startPlainProxy, type Running } from './targets.ts';
import { emptyCluster, yamlSuite } from './yaml/index.ts';

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function suitesOf(options: Options, engine: string): Promise<readonly Suite[]> {
  const { yaml, api, python, mapper, javascript, curator, django, haystack, revision, select } = options;
  const suites: Suite[] = [];
  if (yaml !== undefined && api !== undefined)
    suites.push(await yamlSuite({ tests: yaml, revision, under: options['yaml-under'], api, engine, select }));
  if (python !== undefined) suites.push(pythonClientSuite({ sources: python, engine, select }));
  if (mapper !== undefined) suites.push(pythonMapperSuite({ sources: mapper, engine, select }));
  if (javascript !== undefined && yaml !== undefined)
    suites.push(javascriptSuite({ sources: javascript, yaml, yamlRevision: revision, engine, select }));
  if (curator !== undefined) suites.push(curatorSuite({ sources: curator, engine, select }));
  if (django !== undefined) suites.push(djangoSuite({ sources: django, engine, select }));
  if (haystack) suites.push(haystackSuite({ engine, select }));
  return suites;
}

/** A server that someone else started stays. */
const given = (url: string): Running => ({ url, stop: () => Promise.resolve() });

async function startThrough({ through, 'gateway-option': more }: Options, engine: string): Promise<Running> {
  if (through === 'plain') return await startPlainProxy(engine);
  return through === undefined ? await startGateway(engine, more) : given(through);
}

function print(rows: readonly Row[], asJson: boolean): number {
  process.stdout.write(`${asJson ? JSON.stringify(rows, undefined, 2) : table(rows)}\n`);
  return rows.some(({ differences }) => differences.length > 0) ? 1 : 0;
}

async function run(options: Options): Promise<number> {
  if (options.from !== undefined) return print(JSON.parse(await readFile(options.from, 'utf8')) as Row[], options.json);
  const engine =
    options.engine === undefined
      ? await startOwnEngine(options.opensearch ? 'opensearch' : 'elasticsearch')
      : given(options.engine);
  try {
    const through = await startThrough(options, engine.url);
    try {
      const rows: Row[] = [];
      for (const suite of await suitesOf(options, engine.url)) {
        await emptyCluster(engine.url);
        rows.push(await compareSuite(suite, { direct: engine.url, through: through.url }, say));
      }
      return print(rows, options.json);
    } finally {
      await through.stop();
    }
  } finally {
    await engine.stop();
  }
}

const options = readOptions(process.argv.slice(2));
if ('wrong' in options) {
  say(`${options.wrong}\nSee --help.`);
  process.exitCode = 64;
} else if (options.help) {
  process.stdout.write(`${help}\n`);
} else {
  // For as long as it runs: a second signal must not end it while it removes what it made.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
  process.exitCode = await run(options).catch((error: unknown) => {
    say((error as Error).message);
    return 70;
  });
}
