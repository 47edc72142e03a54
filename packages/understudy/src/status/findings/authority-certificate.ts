// Findings about the authority of a system, as its search machines have it: when it has ended, no certificate of it is worth anything.
import { absent, shown } from '@understudy/foundation';
import { engineLayouts, tlsPaths } from '../../engines/index.ts';
import { partOf } from '../../machines/index.ts';
import { bundleEnd } from '../../secure/index.ts';
import { clusterSubjectOf } from '../../topology/index.ts';
import { daysLeft, degradedDays, isFinding } from './certificate-end.ts';
import type { Finding, Notice, View } from '../finding.ts';

const repair = 'understudy secure rotate authority';

/** Of the authority that ends last, on the machine on which that is first; undefined while it is more than a month away. */
function endingOf(view: View) {
  const { observation, topology, machines } = view;
  if (topology.search.security === 'off') return undefined;
  const { authority } = tlsPaths(engineLayouts[topology.search.engine]);
  const ends = machines
    .filter(({ role }) => role === 'search')
    .flatMap(({ name }) => {
      const machine = shown(observation.machines[name] ?? absent);
      const bundle = machine && shown(partOf(machine.records, authority));
      return (bundle === undefined ? undefined : bundleEnd(bundle)) ?? [];
    });
  const first = ends.sort((one, other) => one.getTime() - other.getTime())[0];
  const left = first && daysLeft(view, first);
  return left === undefined ? undefined : { daysLeft: left, on: first?.toISOString().slice(0, 10) ?? '' };
}

export function authorityFindings(view: View): Finding[] {
  const ending = endingOf(view);
  if (!ending || !isFinding(ending)) return [];
  const subject = clusterSubjectOf(view.topology.name);
  const { on } = ending;
  return ending.daysLeft <= 0
    ? [
        {
          ...{ id: 'authority-expired', verdict: 'degraded', subject, repair },
          reason: `The authority of the search machines has expired on ${on}.`,
          effect: 'Search machines and clients refuse new connections to each other.',
        },
      ]
    : [
        {
          ...{ id: 'authority-expires-soon', verdict: 'degraded', subject, repair },
          reason: `The authority of the search machines ends on ${on}, in less than ${degradedDays} days.`,
          effect: 'Nothing yet; then search machines and clients refuse new connections to each other.',
        },
      ];
}

/** One that ends within a month, and not within a week. */
export function authorityNotices(view: View): Notice[] {
  const ending = endingOf(view);
  if (!ending || isFinding(ending)) return [];
  const reason = `The authority of the search machines ends on ${ending.on}.`;
  return [{ id: 'authority-expires', subject: clusterSubjectOf(view.topology.name), reason, repair }];
}
