// Elasticsearch, as this tool knows it.
import type { EngineDefinition } from '../engine.ts';
import { debianLayout } from '../layout.ts';
import { dialect } from './dialect.ts';
import { security } from './security.ts';
import { settings } from './settings.ts';
import { startCheck } from './start-check.ts';
import { majors, newestTried, upgrades } from './versions.ts';

export const elasticsearch = {
  majors,
  newestTried,
  layout: debianLayout('elasticsearch'),
  // https://www.elastic.co/docs/deploy-manage/deploy/self-managed/install-elasticsearch-with-debian-package
  repository: (line) => ({
    uri: `https://artifacts.elastic.co/packages/${line}/apt`,
    keyUrl: 'https://artifacts.elastic.co/GPG-KEY-elasticsearch',
  }),
  settings,
  security,
  dialect,
  upgrades,
  startCheck,
} as const satisfies EngineDefinition;
