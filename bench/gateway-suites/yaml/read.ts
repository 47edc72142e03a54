// Reads files of Elastic's YAML format of REST tests: sections in documents, each an ordered list of steps. Runs nothing.
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** One step: its name (`do`, `match`, …) and what stands under it. */
export interface Step {
  readonly name: string;
  readonly value: unknown;
}

export interface YamlTest {
  readonly id: string;
  readonly setup: readonly Step[];
  readonly steps: readonly Step[];
  readonly teardown: readonly Step[];
  /** Why the whole file is not for a cluster that someone runs, where it says so. */
  readonly skip: string | undefined;
}

/** All tests under a folder, in the order of their files' names. */
export async function readTests(folder: string): Promise<readonly YamlTest[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => /\.ya?ml$/.test(name)).sort();
  const tests: YamlTest[] = [];
  for (const name of names) tests.push(...testsOf(relative('.', name), await readFile(join(folder, name), 'utf8')));
  return tests;
}

export function testsOf(file: string, text: string): readonly YamlTest[] {
  const documents = parseAllDocuments(text, { uniqueKeys: false, merge: true, schema: 'core', strict: false });
  const broken = documents.flatMap(({ errors }) => errors).find(({ code }) => code !== 'BAD_INDENT');
  if (broken !== undefined) {
    // One test that says so: a file that cannot be read is no reason to leave the others.
    return [{ id: file, setup: [], steps: [], teardown: [], skip: `not YAML: ${broken.message.split('\n')[0] ?? ''}` }];
  }
  const sections = documents.flatMap((document) => Object.entries((document.toJS() ?? {}) as Record<string, unknown>));
  const section = (name: string): unknown => sections.find(([key]) => key === name)?.[1];
  const skip = fileSkip(section('requires'));
  return sections
    .filter(([name]) => !['requires', 'setup', 'teardown'].includes(name))
    .map(([name, steps]) => ({
      id: `${file}/${name}`,
      setup: stepsOf(section('setup')),
      steps: stepsOf(steps),
      teardown: stepsOf(section('teardown')),
      skip,
    }));
}

function stepsOf(section: unknown): readonly Step[] {
  if (!Array.isArray(section)) return [];
  return section.flatMap((entry: unknown) =>
    Object.entries(entry as Record<string, unknown>).map(([name, value]) => ({ name, value })),
  );
}

function fileSkip(requires: unknown): string | undefined {
  const { stack, feature_flag: flag } = (requires ?? {}) as { stack?: boolean; feature_flag?: string };
  if (stack === false) return 'the file is for the serverless offer';
  return flag === undefined ? undefined : `the file needs the feature flag ${flag}`;
}
