// Start commands that are refused for their words alone.
import type { BadTopology } from './bad-topologies.ts';

/** A file of four good lines, followed by an artifact with each of these start commands, on line 6. */
export function badCommands(good: string): readonly BadTopology[] {
  const command = (title: string, words: string, field: string, says: RegExp): BadTopology => {
    const service = `service: { artifact: ./mine, runtime: none,\n  command: ${words} }\n`;
    return { title, text: `${good}${service}`, field, line: 6, says };
  };
  return [
    command(
      'a misspelt placeholder',
      '[run, "{host}:{prot}"]',
      'service.command.1',
      /nothing is filled in.*\{\{prot\}\}/,
    ),
    command('a second line', '["run", "-x\\nUser=root"]', 'service.command.1', /one line/),
    command('a zero byte', '["run\\0"]', 'service.command.0', /one line/),
    ...['+', '!', '!!', '-', '@', ':', '|'].map((prefix) =>
      command(`the prefix ${prefix} of systemd`, `["${prefix}/bin/sh"]`, 'service.command.0', /prefix/),
    ),
  ];
}
