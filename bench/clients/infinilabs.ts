// The configuration of INFINI Gateway before the engines: all nodes, their discovery and health checks as its documentation has them for
// a cluster, and repeated writes, which are safe here because every write has an id. All else is its default.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

interface Placement {
  readonly folder: string;
  readonly engines: readonly string[];
  /** HOST:PORT. */
  readonly listen: string;
}

/** Writes it into the folder and answers its path. */
export function writeInfinilabsConfiguration({ folder, engines, listen }: Placement): string {
  const own = join(folder, 'infinilabs');
  mkdirSync(own, { recursive: true });
  const file = join(own, 'gateway.yml');
  const refresh = { enabled: true, interval: '10s' };
  const configuration = {
    'path.data': join(own, 'data'),
    'path.logs': join(own, 'log'),
    'path.configs': join(own, 'config'),
    api: { enabled: true, network: { binding: '127.0.0.1:2900' } },
    // Without the version it asks `GET /`, which the published parts of the engine do not answer.
    elasticsearch: [
      { name: 'prod', enabled: true, version: '9.5.3', endpoints: engines, discovery: { enabled: true, refresh } },
    ],
    entry: [{ name: 'entry', enabled: true, router: 'router', max_concurrency: 10_000, network: { binding: listen } }],
    router: [{ name: 'router', default_flow: 'default' }],
    flow: [
      {
        name: 'default',
        filter: [{ elasticsearch: { elasticsearch: 'prod', refresh, retry_writes_on_backend_failure: true } }],
      },
    ],
  };
  writeFileSync(file, stringify(configuration));
  return file;
}
