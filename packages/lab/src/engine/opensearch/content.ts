// All that decides the content of OpenSearch's package and is not the same for every engine, for the hash in its place.
import { homeLinks, placedFiles, systemdEntrypoint } from './configuration.ts';

/** Raise it when how plugins or modules are laid out changes: a package in the cache is then built anew. */
const layout = 2;

export const openSearchContent = [systemdEntrypoint, JSON.stringify([placedFiles, homeLinks, layout])].join('\0');
