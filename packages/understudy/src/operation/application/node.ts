// How a Node application is started: by what npm start would run.
import type { Sources } from './sources.ts';
import { type Start, untold } from './start.ts';

interface Manifest {
  readonly main?: unknown;
  readonly scripts?: Readonly<Record<string, unknown>>;
  readonly dependencies?: object;
}

/** `text` is package.json's. Error: `cli-usage` when nothing says how it is started, or a shell would be needed. */
export function nodeApplication({ directory, top, files }: Sources, text: string): Start {
  const manifest = parse(text);
  if (manifest === undefined) throw untold(directory, 'a package.json that is no JSON object', 'JSON', 'mend it');
  const start = manifest.scripts?.['start'];
  const paths = new Set(files.map(({ path }) => path));
  const main = [manifest.main, 'server.js', 'index.js', 'main.mjs'].find(
    (name) => typeof name === 'string' && paths.has(name.replace(/^\.\//, '')),
  );
  if (start === undefined && main === undefined) {
    throw untold(
      directory,
      'a package.json without a start script and without main',
      'one of the two',
      'add "scripts": {"start": "node server.js"}',
    );
  }
  if (
    start !== undefined &&
    (typeof start !== 'string' ||
      !start
        .trim()
        .split(/\s+/)
        .every((word) => /^[\w@%+:,./-]+$/.test(word)))
  ) {
    throw untold(
      directory,
      `the start script ${JSON.stringify(start)}`,
      'plain words, which need no shell',
      'write such a start script, or command by hand',
    );
  }
  const hasLock = top.includes('package-lock.json') || top.includes('npm-shrinkwrap.json');
  const needsLock = Object.keys(manifest.dependencies ?? {}).length > 0 && !hasLock;
  return {
    runtime: {
      value: 'node',
      why: hasLock
        ? 'Found package.json and its lockfile, whose packages are installed without their scripts.'
        : 'Found package.json.',
    },
    command: {
      value: undefined,
      why: `No command: ${typeof start === 'string' ? `the start script of package.json is \`${start}\`` : `package.json leads to ${String(main)}`}.`,
    },
    open: needsLock ? ['Write the lockfile: npm install --package-lock-only.'] : [],
  };
}

function parse(text: string): Manifest | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
