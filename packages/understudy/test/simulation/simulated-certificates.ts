// Certificates of a simulated machine: the tool's own scripts run in a real shell with the real openssl, below a directory of this process.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { SimulatedFile } from './simulated-machine.ts';

let root: string | undefined;

function rootDirectory(): string {
  if (root !== undefined) return root;
  const made = mkdtempSync(join(tmpdir(), 'understudy-simulated-'));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  root = made;
  return made;
}

const directories = new WeakMap<Map<string, SimulatedFile>, string>();

function directoryOf(files: Map<string, SimulatedFile>): string {
  const known = directories.get(files) ?? mkdtempSync(join(rootDirectory(), 'machine-'));
  directories.set(files, known);
  return known;
}

/** Undefined when the script is about no certificate. */
export function certificateAnswer(
  files: Map<string, SimulatedFile>,
  script: string,
): { readonly code: number; readonly stdout: string } | undefined {
  const directory = /(\/etc\/\w+\/understudy)\/node\.key/.exec(script)?.[1];
  if (directory === undefined || !script.includes('openssl')) return undefined;
  const here = join(directoryOf(files), directory);
  mkdirSync(dirname(here), { recursive: true });
  // Its users are not those of this host.
  const local = script.replaceAll(directory, here).replaceAll(/^chown .*$/gm, '');
  const { status, stdout } = spawnSync('sh', ['-s'], { input: local, encoding: 'utf8' });
  if (status === 0 && script.includes('-noout -pubkey')) {
    const user = /^chown (\w+):\w+ \S+node\.key\.new$/m.exec(script)?.[1] ?? '';
    const put = (name: string, mode: string, owner: string): void => {
      const content = readFileSync(join(here, name), 'utf8');
      files.set(`${directory}/${name}`, { content, mode, owner });
    };
    put('node.key', '0600', `${user}:${user}`);
    put('node.crt', '0644', 'root:root');
  }
  return { code: status ?? 1, stdout };
}
