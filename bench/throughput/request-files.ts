// The requests that every contender is asked.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchDocument } from '../documents.ts';

/** Paths, by operation. */
export type RequestFiles = Readonly<Record<'index' | 'search', string>>;

/**
 * A file of requests for each operation: documents to write again, and the longest word of each description to find. Words that stand in
 * every other document would measure how the engine scores thousands of hits, and that is the same for every service.
 */
export async function requestFiles(directory: string, documents: readonly BenchDocument[]): Promise<RequestFiles> {
  const words = documents.map(({ id, data }) => longest(data['Description']?.match(/[a-z]+/gi) ?? [id]));
  const files = { index: join(directory, 'index'), search: join(directory, 'search') };
  await writeFile(files.index, documents.map((document) => JSON.stringify(document)).join('\n'));
  await writeFile(files.search, words.map((query) => `/search?q=${encodeURIComponent(query)}`).join('\n'));
  return files;
}

function longest(words: readonly string[]): string {
  return words.reduce((found, word) => (word.length > found.length ? word : found), '');
}
