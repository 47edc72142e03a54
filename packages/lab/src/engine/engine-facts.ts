// The facts of each engine that the lab can package, by its name.
import { elasticsearch } from './elasticsearch/facts.ts';
import type { Engine, EngineName } from './engine.ts';
import { openSearch } from './opensearch/facts.ts';

const engines: Readonly<Record<EngineName, (version: string) => Engine>> = {
  elasticsearch,
  opensearch: openSearch,
};

/** The facts of one engine at one version. */
export function engineFacts(name: EngineName, version: string): Engine {
  return engines[name](version);
}
