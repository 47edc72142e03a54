// Each service's index: made from the service's own template and filled with all documents before anything is measured.
import { readFile } from 'node:fs/promises';
import type { BenchDocument } from '../documents.ts';

interface Template {
  readonly template: { readonly settings: { readonly index: Record<string, unknown> }; readonly mappings: unknown };
}

/** The service's own template, as the body of an index. */
export async function indexBody(replicas: number): Promise<object> {
  const file = new URL('../../packages/service/index-template.json', import.meta.url);
  const { template } = JSON.parse(await readFile(file, 'utf8')) as Template;
  template.settings.index['number_of_replicas'] = replicas;
  return template;
}

export async function prepareIndex(
  engineUrl: string,
  index: string,
  documents: readonly BenchDocument[],
  replicas: number,
): Promise<void> {
  await ask(engineUrl, 'PUT', `/${index}`, JSON.stringify(await indexBody(replicas)));
  for (let at = 0; at < documents.length; at += 1000) {
    const lines = documents.slice(at, at + 1000).map(({ id, data }) => {
      const content = Object.values(data).join('\n');
      return `${JSON.stringify({ index: { _id: id } })}\n${JSON.stringify({ id, content, data })}\n`;
    });
    await ask(engineUrl, 'POST', `/${index}/_bulk`, lines.join(''));
  }
  await ask(engineUrl, 'POST', `/${index}/_refresh`);
}

async function ask(engineUrl: string, method: string, path: string, body?: string): Promise<void> {
  const type = path.endsWith('_bulk') ? 'application/x-ndjson' : 'application/json';
  const answer = await fetch(engineUrl + path, { method, headers: { 'content-type': type }, body: body ?? null });
  const said = await answer.text();
  const failed = !answer.ok || (path.endsWith('_bulk') && (JSON.parse(said) as { errors: boolean }).errors);
  if (failed) throw new Error(`${method} ${path} failed with status ${answer.status}: ${said.slice(0, 500)}`);
}
