// Looks at a directory with an application and tells how it is started. Reads names and texts of files; never runs any of them.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { goApplication } from './go.ts';
import { nodeApplication } from './node.ts';
import { programApplication } from './program.ts';
import { pythonApplication } from './python.ts';
import { listSources, type Sources } from './sources.ts';
import { type Concluded, type Start, untold } from './start.ts';

export interface Application extends Start {
  readonly name: string;
  readonly healthPath: Concluded<string>;
}

/** What marks each kind, in the directory itself. */
const marks: Readonly<Record<string, (sources: Sources) => string | undefined>> = {
  python: ({ top }) =>
    top.find((name) => /^(?:requirements\.txt|pyproject\.toml|manage\.py)$/.test(name) || name.endsWith('.py')),
  node: ({ top }) => top.find((name) => name === 'package.json'),
  go: ({ top }) => top.find((name) => name === 'go.mod'),
};

/** Errors: `cli-usage`, when it cannot be told, with what to write by hand. */
export async function inspectApplication(directory: string): Promise<Application> {
  const sources = await listSources(directory);
  const kinds = Object.entries(marks).flatMap(([kind, mark]) => {
    const file = mark(sources);
    return file === undefined ? [] : [{ kind, file }];
  });
  if (kinds.length > 1) {
    const seen = kinds.map(({ kind, file }) => `${file} (${kind})`).join(' and ');
    throw untold(directory, seen, 'one kind of application', 'name the directory of the part that answers requests');
  }
  const start = await startOf(kinds[0]?.kind, sources);
  const reads = engineVariables(sources);
  const open = reads === undefined ? [...start.open, engineUnread] : start.open;
  return { ...start, open, name: nameOf(sources.directory), healthPath: healthPathOf(sources) };
}

async function startOf(kind: string | undefined, sources: Sources): Promise<Start> {
  switch (kind) {
    case 'python':
      return pythonApplication(sources);
    case 'node':
      return nodeApplication(sources, await readFile(`${sources.directory}/package.json`, 'utf8'));
    case 'go':
      return goApplication(sources);
    default:
      return await programApplication(sources);
  }
}

const usualHealthPaths = ['/healthz', '/livez', '/health/live', '/health', '/live', '/ping', '/up'];

function healthPathOf({ files }: Sources): Concluded<string> {
  for (const value of usualHealthPaths) {
    const file = files.find(({ text }) => new RegExp(`["'\`]${value}/?["'\`]`).test(text));
    if (file !== undefined)
      return { value, why: `${file.path} has this path. It must answer 200 without asking the engine.` };
  }
  return {
    value: '/healthz',
    why: 'No file has a path like /healthz or /health: add one that answers 200 without asking the engine.',
  };
}

function engineVariables({ files }: Sources): string | undefined {
  return files.find(({ text }) => /\bES_HOSTS?\b|\b(?:localhost|127\.0\.0\.1):9200\b/.test(text))?.path;
}

const engineUnread =
  'No file reads ES_HOST (the gateway on the machine, http://localhost:9200) or ES_HOSTS (all nodes of the engine, URLs separated by commas): read one of them in place of a fixed address.';

/** A name of a topology: 16 letters, digits and hyphens at most, first a letter. */
function nameOf(directory: string): string {
  const plain = basename(directory)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 16);
  return plain.replace(/-+$/, '') || 'app';
}
