// Runs public test suites against an engine, once directly and once through the gateway, and tells every difference.
import { compareSuite, type Row } from './compare.ts';
import { help, readOptions, type Options } from './options.ts';
import { curatorSuite, djangoSuite, pythonClientSuite, pythonMapperSuite } from './python-suites.ts';
import type { Suite } from './suite.ts';
import { table } from './table.ts';
import { startGateway, startOwnEngine, startPlainProxy, type Running } from './targets.ts';
import { emptyCluster, yamlSuite } from './yaml/index.ts';

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function suitesOf(options: Options, engine: string): Promise<readonly Suite[]> {
  const { yaml, api, python, mapper, curator, django } = options;
  const suites: Suite[] = [];
  if (yaml !== undefined && api !== undefined)
    suites.push(
      await yamlSuite({ tests: yaml, revision: options.revision, under: options['yaml-under'], api, engine }),
    );
  if (python !== undefined) suites.push(pythonClientSuite({ sources: python, engine }));
  if (mapper !== undefined) suites.push(pythonMapperSuite({ sources: mapper, engine }));
  if (curator !== undefined) suites.push(curatorSuite({ sources: curator, engine }));
  if (django !== undefined) suites.push(djangoSuite({ sources: django, engine }));
  return suites;
}

/** A server that someone else started stays. */
const given = (url: string): Running => ({ url, stop: () => Promise.resolve() });

async function startThrough({ through, 'gateway-option': more }: Options, engine: string): Promise<Running> {
  if (through === 'plain') return await startPlainProxy(engine);
  return through === undefined ? await startGateway(engine, more) : given(through);
}

async function run(options: Options): Promise<number> {
  const engine = options.engine === undefined ? await startOwnEngine() : given(options.engine);
  try {
    const through = await startThrough(options, engine.url);
    try {
      const rows: Row[] = [];
      for (const suite of await suitesOf(options, engine.url)) {
        await emptyCluster(engine.url);
        rows.push(await compareSuite(suite, { direct: engine.url, through: through.url }, say));
      }
      process.stdout.write(`${options.json ? JSON.stringify(rows, undefined, 2) : table(rows)}\n`);
      return rows.some(({ differences }) => differences.length > 0) ? 1 : 0;
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
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  process.exitCode = await run(options).catch((error: unknown) => {
    say((error as Error).message);
    return 70;
  });
}
