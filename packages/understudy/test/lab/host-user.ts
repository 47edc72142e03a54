// An ordinary user of the lab's host, who is not the operator and not root: what he can read, and what answers him.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Of `nobody`, without groups and with an empty environment. */
const asHostUser = [
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  'env',
  '-i',
  `PATH=${process.env['PATH']}`,
];

/** What a shell line prints. `who`: the words before it; none are for the test's own user, root. */
async function printed(line: string, input: string | undefined, who: readonly string[]): Promise<string> {
  const [program, ...words] = [...who, 'sh', '-c', line];
  const shell = spawn(program, words, { stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'ignore'], cwd: '/' });
  let text = '';
  shell.stdout?.setEncoding('utf8').on('data', (part: string) => (text += part));
  shell.stdin?.end(input);
  await once(shell, 'close');
  return text.trim();
}

export const printedForHostUser = (line: string): Promise<string> => printed(line, undefined, asHostUser);

/** Files below the folders in which one of the secrets is to be read: by him, also in the entries of processes, or by root. */
export async function readableSecrets(
  by: 'host user' | 'root',
  secrets: readonly string[],
  folders: readonly string[],
): Promise<string[]> {
  const processes = by === 'root' ? '' : '/proc/[0-9]*/cmdline /proc/[0-9]*/environ';
  const line = `grep -rlsaF -D skip -f - ${folders.join(' ')} ${processes}`;
  const said = await printed(line, secrets.join('\n'), by === 'root' ? [] : asHostUser);
  return said.split('\n').filter((path) => path !== '');
}
