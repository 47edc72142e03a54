// How a Python application is started: by the object of its web framework, and a server among its requirements.
import type { SourceFile, Sources } from './sources.ts';
import { type Start, untold } from './start.ts';

interface WebObject {
  readonly path: string;
  /** What the server imports, such as `app:app`. */
  readonly target: string;
  /** As it stands in the file. */
  readonly line: string;
  readonly kind: 'wsgi' | 'asgi';
  readonly isFactory: boolean;
}

const created =
  /^(\w+)\s*(?::[^=\n]+)?=\s*(?:\w+\.)?(Flask|FastAPI|Starlette|Quart|get_wsgi_application|get_asgi_application)\(/m;
const factory = /^def (create_app|make_app)\(/m;
const asgi = new Set(['FastAPI', 'Starlette', 'Quart', 'get_asgi_application']);

/** Files that are looked at first. */
const usual = ['app.py', 'main.py', 'wsgi.py', 'asgi.py', 'server.py'];

/** Error: `cli-usage` without a web object, or with several of the same rank. */
export function pythonApplication({ directory, top, files }: Sources): Start {
  const python = files.filter(({ path }) => path.endsWith('.py'));
  const ranked = [...python].sort((a, b) => rank(a.path) - rank(b.path));
  const objects = ranked.flatMap((file) => webObject(file) ?? []);
  const [first] = objects;
  if (first === undefined) {
    const saw =
      python.length === 0
        ? 'no Python source'
        : `no such object in ${python
            .map(({ path }) => path)
            .slice(0, 6)
            .join(', ')}`;
    throw untold(
      directory,
      saw,
      'an object of Flask, FastAPI, Starlette, Quart or Django at the start of a line',
      'name the directory that has it',
    );
  }
  const equals = objects.filter((one) => rank(one.path) === rank(first.path));
  if (equals.length > 1) {
    const saw = equals.map(({ path, line }) => `${line} in ${path}`).join(', ');
    throw untold(directory, saw, 'one web application', 'write the one that answers requests into app.py');
  }
  const requirements = packagesOf(files.find(({ path }) => path === 'requirements.txt')?.text);
  const hasOwnSettings = files.some(({ path }) => path === 'gunicorn.conf.py');
  const { command, why, open } = serverFor(first, requirements, hasOwnSettings);
  const unlisted = requirements === undefined ? [noRequirements(top)] : [];
  return {
    runtime: {
      value: 'python',
      why:
        requirements === undefined
          ? `Found ${first.path}.`
          : 'Found requirements.txt: its packages become a virtual environment.',
    },
    command: { value: command, why: `${first.path} has ${first.line}${why}` },
    open: [...unlisted, ...open],
  };
}

function rank(path: string): number {
  const depth = path.split('/').length - 1;
  const at = usual.indexOf(path.split('/').at(-1) ?? '');
  return depth * 10 + (at === -1 ? usual.length : at);
}

function webObject({ path, text }: SourceFile): WebObject | undefined {
  const module = path.replace(/(?:\/__init__)?\.py$/, '').replaceAll('/', '.');
  const found = created.exec(text);
  if (found !== null) {
    const [, name = '', maker = ''] = found;
    return {
      path,
      target: `${module}:${name}`,
      line: `\`${name} = ${maker}(…)\``,
      kind: asgi.has(maker) ? 'asgi' : 'wsgi',
      isFactory: false,
    };
  }
  const [, name] = factory.exec(text) ?? [];
  if (name === undefined) return undefined;
  const kind = /\b(?:FastAPI|Starlette|Quart)\(/.test(text) ? 'asgi' : 'wsgi';
  return { path, target: `${module}:${name}`, line: `\`def ${name}(…)\``, kind, isFactory: true };
}

/** Names of packages, in the form that indexes compare. */
function packagesOf(text: string | undefined): ReadonlySet<string> | undefined {
  if (text === undefined) return undefined;
  const names = text.split('\n').flatMap((line) => /^\s*([A-Za-z0-9][\w.-]*(?:\[[\w,-]+\])?)/.exec(line)?.[1] ?? []);
  return new Set(
    names
      .flatMap((name) => [name, name.replace(/\[.*/, '')])
      .map((name) => name.toLowerCase().replaceAll(/[-_.]+/g, '-')),
  );
}

/**
 * Threads of each gunicorn worker. Without them a request that waits for the engine keeps a whole process, and a few writes that wait
 * until a hanging node is ejected stop every read.
 */
const threads = ['--threads', '64'];

function serverFor(
  { kind, target, isFactory }: WebObject,
  packages: ReadonlySet<string> = new Set(),
  hasOwnSettings = false,
) {
  const bind = ['-w', '{workers}', '-b', '{host}:{port}'];
  const listen = ['--host', '{host}', '--port', '{port}'];
  const called = isFactory ? `${target}()` : target;
  if (kind === 'wsgi') {
    if (!packages.has('gunicorn') && packages.has('waitress')) {
      return {
        command: ['waitress-serve', ...listen, ...(isFactory ? ['--call'] : []), target],
        why: ', and requirements.txt has waitress.',
        open: [],
      };
    }
    const command = ['gunicorn', ...(hasOwnSettings ? [] : threads), ...bind, called];
    const threaded = hasOwnSettings ? '' : ' A thread for each request that waits for the engine.';
    if (packages.has('gunicorn')) return { command, why: `, and requirements.txt has gunicorn.${threaded}`, open: [] };
    return {
      command,
      why: `; gunicorn serves it.${threaded}`,
      open: ['Add gunicorn to requirements.txt: it is the server that the command starts.'],
    };
  }
  const command = ['uvicorn', ...(isFactory ? ['--factory'] : []), target, ...listen, '--workers', '{workers}'];
  if (packages.has('uvicorn') || packages.has('fastapi[standard]'))
    return { command, why: ', and requirements.txt has uvicorn.', open: [] };
  return {
    command,
    why: '; uvicorn serves it.',
    open: ['Add uvicorn to requirements.txt: it is the server that the command starts.'],
  };
}

function noRequirements(top: readonly string[]): string {
  const from = top.includes('pyproject.toml')
    ? 'the dependencies of pyproject.toml, which is not read'
    : 'the packages that it imports';
  return `Write requirements.txt with ${from}, one a line.`;
}
