// The applications whose releases are tried: an example as it is in examples/, the line that a release changes, and the faults that a bad
// release has. Changes only copies.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));

/** What a bad release does. Its own answers hold the words `bad release`. */
export const faults = ['bad-start', 'exits', 'health-500', 'users-500'] as const;
export type Fault = (typeof faults)[number];

export interface Application {
  readonly name: string;
  readonly about: string;
  /** Its folder in examples/; null: the built-in service, whose releases are copies that `release deploy` takes. */
  readonly example: string | null;
  /** Fields of `service` in the topology. */
  readonly service: Readonly<Record<string, unknown>>;
  /** The file that a release changes. */
  readonly file: string;
  /** How a line of a comment begins. */
  readonly comment: string;
  /** More files, and lines before the text of `file`. */
  readonly more?: Readonly<Record<string, string>>;
  readonly before?: string;
  readonly faults: Readonly<Partial<Record<Fault, (text: string) => string>>>;
}

const flask = {
  example: 'article-flask',
  service: {
    runtime: 'python',
    command: ['gunicorn', '--threads', '64', '-w', '{workers}', '-b', '{host}:{port}', 'app:app'],
    workers: 2,
    rollout: { paths: ['/search?q=understudy'] },
  },
  file: 'app.py',
  comment: '#',
  faults: {
    'bad-start': (text: string) => `import not_there  # bad release\n${text}`,
    exits: (text: string) =>
      `${text}\nimport threading\nthreading.Timer(4, lambda: os._exit(3)).start()  # bad release\n`,
    'health-500': (text: string) =>
      replaced(text, 'return jsonify({"status": "ok"})', 'return jsonify({"status": "bad release"}), 500'),
    'users-500': (text: string) =>
      `${text}\n@app.before_request\ndef bad():\n    if request.path != '/healthz':\n        return "bad release", 500\n`,
  },
} as const;

export const applications: readonly Application[] = [
  { name: 'article-flask', about: "the article's Flask on gunicorn", ...flask },
  {
    ...flask,
    name: 'ignores-sigterm',
    about: 'the same, and SIGTERM does nothing to it (stopS: 5)',
    service: { ...flask.service, stopS: 5 },
    // gunicorn reads this file in its directory; the hook runs after its own handlers are set.
    more: {
      'gunicorn.conf.py':
        'import signal\n\n\ndef when_ready(server):\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n',
    },
  },
  {
    ...flask,
    name: 'slow-start',
    about: 'the same, and it takes 20 s to start',
    before: 'import time\ntime.sleep(20)\n',
  },
  {
    name: 'built-in',
    about: 'the service that comes with the tool',
    example: null,
    service: { workers: 1 },
    file: 'release.txt',
    comment: '#',
    faults: {},
  },
  {
    name: 'fastapi',
    about: 'FastAPI on uvicorn',
    example: 'fastapi',
    service: {
      runtime: 'python',
      command: ['uvicorn', 'app:app', '--host', '{host}', '--port', '{port}', '--workers', '{workers}'],
      workers: 2,
    },
    file: 'app.py',
    comment: '#',
    faults: { 'bad-start': (text) => `import not_there  # bad release\n${text}` },
  },
  {
    name: 'express',
    about: 'Express on Node',
    example: 'express',
    service: { runtime: 'node', workers: 2 },
    file: 'server.js',
    comment: '//',
    faults: { 'bad-start': (text) => `import './not-there.js'; // bad release\n${text}` },
  },
  {
    name: 'go',
    about: "a program of Go's standard library",
    example: 'go',
    service: { runtime: 'go', workers: 2 },
    file: 'main.go',
    comment: '//',
    faults: {
      'bad-start': (text) => replaced(text, 'func main() {', 'func main() {\n\tlog.Fatal("bad release")'),
    },
  },
];

function replaced(text: string, old: string, by: string): string {
  if (!text.includes(old)) throw new Error(`the example has no '${old}' any more`);
  return text.replace(old, () => by);
}

export interface ReleaseRequest {
  readonly application: Application;
  /** Where it is written. */
  readonly folder: string;
  /** The folder of the built-in service's own release. */
  readonly builtIn: string;
  readonly number: number;
  /** Makes it a bad one. */
  readonly fault?: Fault | undefined;
}

/** Writes one release of the application into the folder. */
export async function writeRelease({ application, folder, builtIn, number, fault }: ReleaseRequest): Promise<void> {
  const { example, file, comment, more = {}, before = '', faults: known } = application;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const source = example === null ? builtIn : join(examples, example);
  await cp(source, folder, { recursive: true, filter: (path) => !path.endsWith('topology.yaml') });
  if (example === null) await writeFile(join(folder, file), '');
  for (const [name, text] of Object.entries(more)) await writeFile(join(folder, name), text);
  const path = join(folder, file);
  const change = fault === undefined ? (text: string) => text : known[fault];
  if (change === undefined) throw new Error(`${application.name} has no release with the fault ${fault ?? ''}`);
  const text = change(await readFile(path, 'utf8'));
  await writeFile(path, `${comment} release ${number}\n${before}${text}`);
}
