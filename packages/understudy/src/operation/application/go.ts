// How a Go application is started: its module has one package main.
import { dirname } from 'node:path';
import type { Sources } from './sources.ts';
import { type Start, untold } from './start.ts';

/** Error: `cli-usage` without a package main, or with several. */
export function goApplication({ directory, files }: Sources): Start {
  const mains = files.filter(({ path, text }) => /^package main$/m.test(text) && !path.endsWith('_test.go'));
  const folders = [...new Set(mains.map(({ path }) => dirname(path)))];
  if (folders.length !== 1) {
    const saw = folders.length === 0 ? 'no package main' : `${folders.length} of them, in ${folders.join(', ')}`;
    throw untold(directory, saw, 'one package main', 'name the program in command, such as [bin/server]');
  }
  return {
    runtime: {
      value: 'go',
      why: 'Found go.mod: the module is built here, without C, and the machines get the program.',
    },
    command: { value: undefined, why: `No command: ${mains[0]?.path ?? ''} is the only package main.` },
    open: [],
  };
}
