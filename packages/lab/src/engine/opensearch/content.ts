// All that decides the content of OpenSearch's package and is not the same for every engine, for the hash in its place.
import { readFile } from 'node:fs/promises';
import { homeLinks, placedFiles, systemdEntrypoint } from './configuration.ts';
import { preinst } from './maintainer-scripts.ts';
import { systemdSource } from './stage.ts';

/** Raise it when how plugins or modules are laid out changes: a package in the cache is then built anew. */
const layout = 2;

export async function openSearchContent(): Promise<string> {
  const texts = [preinst, systemdEntrypoint, JSON.stringify([placedFiles, homeLinks, layout])];
  return [...texts, await readFile(systemdSource, 'utf8')].join('\0');
}
