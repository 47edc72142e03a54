// What completion looks up on this computer: topology files, the machines they name, and drill runs. It asks no network.
import { readdirSync, readFileSync } from 'node:fs';
import { catalogue } from '../../drills/index.ts';
import { groupNames, shortNames } from '../../operate/index.ts';
import { runsDirectory } from '../../operation/index.ts';
import { machinePlans, parseTopology, targetNames, type Topology } from '../../topology/index.ts';
import { defaultTopologyPath } from '../topology-words.ts';
import type { Sources } from './candidates.ts';

export const localSources: Sources = {
  files: topologyFiles,
  machines: (topology) => ofTopology(topology, shortNames),
  labels: (topology) => ofTopology(topology, (found) => machinePlans(found).map(({ label }) => label)),
  groups: () => groupNames,
  drills: () => catalogue.map(({ name }) => name),
  drillGroups: () => [...new Set(catalogue.map(({ group }) => group))],
  runs: () => orNothing(() => readdirSync(runsDirectory()).sort().reverse()),
  targets: () => targetNames,
};

function topologyFiles(prefix: string): readonly string[] {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  return orNothing(() =>
    readdirSync(folder === '' ? '.' : folder, { withFileTypes: true })
      .filter(({ name }) => !name.startsWith('.') || prefix.slice(folder.length).startsWith('.'))
      .flatMap((entry) => {
        if (entry.isDirectory()) return [`${folder}${entry.name}/`];
        return /\.(?:ya?ml|json)$/i.test(entry.name) ? [`${folder}${entry.name}`] : [];
      }),
  );
}

function ofTopology(path: string | undefined, names: (topology: Topology) => readonly string[]): readonly string[] {
  const file = path ?? defaultTopologyPath;
  return orNothing(() => names(parseTopology(readFileSync(file, 'utf8'), { path: file })));
}

/** A file that cannot be read completes nothing; the command itself says why. */
function orNothing(read: () => readonly string[]): readonly string[] {
  try {
    return read();
  } catch {
    return [];
  }
}
