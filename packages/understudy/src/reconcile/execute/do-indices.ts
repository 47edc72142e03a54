// Executes the steps on indices: template, creation, settings, mapping, aliases.
import { addAliases, createIndex, putIndexSettings, putIndexTemplate, putMapping } from '../../cluster/index.ts';
import { indexTemplateOf, mappingOf } from '../../operation/index.ts';
import type { Index } from '../../topology/index.ts';
import { engine, type StepContext } from './step-context.ts';

function indexNamed({ intent }: StepContext, name: string): Index {
  const index = intent.topology.search.indices.find((candidate) => candidate.name === name);
  if (!index) throw new Error(`no index ${name} in the topology`);
  return index;
}

export async function putTemplate(context: StepContext, name: string): Promise<void> {
  const template = indexTemplateOf(context.intent, indexNamed(context, name));
  if (template === undefined) throw new Error(`the index ${name} has no template`);
  await putIndexTemplate(engine(context).transport, name, template);
}

/** Error: `cluster-mapping-refused`; then nothing was changed. */
export async function changeMapping(context: StepContext, name: string): Promise<void> {
  const wanted = mappingOf(context.intent, indexNamed(context, name));
  if (wanted === undefined) throw new Error(`the index ${name} has no mapping of a file`);
  await putMapping(engine(context).transport, name, wanted.mapping);
}

export async function makeIndex(context: StepContext, name: string): Promise<void> {
  await createIndex(engine(context).transport, name);
}

export async function fitIndex(
  context: StepContext,
  name: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  await putIndexSettings(engine(context).transport, name, { index: settings });
}

export async function nameIndex(context: StepContext, name: string, aliases: readonly string[]): Promise<void> {
  const options = context.intent.indexFiles?.[name]?.aliases ?? {};
  const wanted = Object.fromEntries(aliases.map((alias) => [alias, options[alias] ?? {}]));
  await addAliases(engine(context).transport, name, wanted);
}
