// `understudy` in a process of its own, as a person types it. Its progress is kept; how it ended is read from its JSON.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { endsWithProcess } from '@understudy/foundation';

const cli = fileURLToPath(new URL('../../packages/understudy/src/cli/main.ts', import.meta.url));

export interface ToolEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly tookMs: number;
  /** Of the error that it ended with; undefined: there was none. */
  readonly error: { readonly code: string; readonly message: string; readonly putBackMs: number | null } | undefined;
}

/** Runs until the process ends. An abort interrupts it as Ctrl-C does. */
export async function tool(words: readonly string[], logPath: string, signal: AbortSignal): Promise<ToolEnd> {
  const node = ['--conditions=understudy-source', '--disable-warning=ExperimentalWarning'];
  const startedMs = performance.now();
  const child = spawn(process.execPath, [...node, cli, ...words, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C at the terminal goes to the bench only, which forwards it.
    detached: true,
  });
  using _ = endsWithProcess(child.pid ?? 0);
  const log = createWriteStream(logPath, { flags: 'a' });
  log.write(`$ understudy ${words.join(' ')}\n`);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    log.write(chunk);
  });
  const interrupt = (): void => void child.kill('SIGINT');
  signal.addEventListener('abort', interrupt, { once: true });
  const [code] = (await once(child, 'close')) as [number | null];
  signal.removeEventListener('abort', interrupt);
  const tookMs = performance.now() - startedMs;
  log.end();
  await finished(log);
  return { code, stdout, tookMs, error: code === 0 ? undefined : errorIn(stderr) };
}

/** The last thing on stderr with `--json`: `{"error": {...}}` over several lines. */
function errorIn(stderr: string): ToolEnd['error'] {
  const start = stderr.lastIndexOf('\n{\n  "error": {');
  try {
    const { error } = JSON.parse(stderr.slice(start === -1 ? 0 : start)) as {
      error: { code: string; message: string; facts?: { putBackMs?: number } };
    };
    return { code: error.code, message: error.message, putBackMs: error.facts?.putBackMs ?? null };
  } catch {
    return { code: 'unread', message: stderr.trim().split('\n').slice(-3).join(' | '), putBackMs: null };
  }
}
