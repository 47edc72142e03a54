// OpenSearch, as this tool knows it.
import type { EngineDefinition } from '../engine.ts';
import { dialect } from './dialect.ts';
import { layout } from './layout.ts';
import { security } from './security.ts';
import { settings } from './settings.ts';
import { startCheck } from './start-check.ts';
import { majors, newestTried, upgrades } from './versions.ts';

export const opensearch = {
  majors,
  newestTried,
  layout,
  // https://docs.opensearch.org/latest/install-and-configure/install-opensearch/debian/
  repository: (line) => ({
    uri: `https://artifacts.opensearch.org/releases/bundle/opensearch/${line}/apt`,
    keyUrl: 'https://artifacts.opensearch.org/publickeys/opensearch-release.pgp',
  }),
  settings,
  security,
  dialect: () => dialect,
  upgrades,
  startCheck,
} as const satisfies EngineDefinition;
