// Refusals about the words of service.command that no machine and no file is needed for. Whether its program exists is told when the
// release is built.
import type { Refusal } from './refusal.ts';

/** What is filled into a start command. */
const placeholders: readonly string[] = ['host', 'port', 'workers'];

export function commandRefusals(command: readonly string[] | undefined): Refusal[] {
  return (command ?? []).flatMap((word, at) => [
    ...characterRefusals(word, at),
    ...(at === 0 ? programRefusals(word) : []),
    ...placeholderRefusals(word, at),
  ]);
}

function characterRefusals(word: string, at: number): Refusal[] {
  const found = /[\u0000-\u001f\u007f\u0085\u2028\u2029]/.exec(word);
  if (found === null) return [];
  const code = (found[0].codePointAt(0) ?? 0).toString(16).padStart(4, '0');
  return [
    {
      path: ['service', 'command', at],
      saw: `the control character U+${code.toUpperCase()}`,
      allowed: 'printable characters',
      message: 'systemd reads the command as one line',
      remedy: 'remove it; put a script of several lines into a file of the artifact',
    },
  ];
}

/** systemd reads them before the program's name: `+` and `!` mean more rights. https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#Command%20lines */
const prefixes = ['+', '-', '!', '@', ':', '|'];

function programRefusals(word: string): Refusal[] {
  if (!prefixes.includes(word.charAt(0))) return [];
  return [
    {
      path: ['service', 'command', 0],
      allowed: `a program whose name does not begin with one of ${prefixes.join(' ')}`,
      message: 'to systemd it is a prefix, some of which run the program as root',
      remedy: 'write the program alone; the service runs as the user understudy, without rights',
    },
  ];
}

function placeholderRefusals(word: string, at: number): Refusal[] {
  const names = [...word.matchAll(/\{\{\w+\}\}|\{(\w+)\}/g)].flatMap(([, name]) => name ?? []);
  const unknown = names.filter((name) => !placeholders.includes(name));
  return unknown.map((name) => ({
    path: ['service', 'command', at],
    saw: `{${name}}`,
    allowed: placeholders.map((one) => `{${one}}`).join(', '),
    message: 'nothing is filled in for it',
    remedy: `write one of them, or {{${name}}} for the text {${name}} itself`,
  }));
}
