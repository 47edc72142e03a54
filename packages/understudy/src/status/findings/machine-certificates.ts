// Findings about the certificates by which search machines know each other, and are known to their clients.
import { absent, shown } from '@understudy/foundation';
import { engineLayouts, tlsPaths } from '../../engines/index.ts';
import { partOf } from '../../machines/index.ts';
import { certificateEnd } from '../../secure/index.ts';
import { daysLeft, degradedDays, isFinding } from './certificate-end.ts';
import { applyCommand, unread, type Finding, type Notice, type View } from '../finding.ts';

interface Ending {
  readonly label: string;
  readonly daysLeft: number;
  readonly on: string;
}

/** Of the search machines that could be read. */
function certificatesOf({ observation, topology, machines }: View) {
  if (topology.search.security === 'off') return [];
  const { certificate } = tlsPaths(engineLayouts[topology.search.engine]);
  return machines
    .filter(({ role }) => role === 'search')
    .flatMap(({ name }) => {
      const machine = shown(observation.machines[name] ?? absent);
      return machine ? [{ label: name, pem: partOf(machine.records, certificate) }] : [];
    });
}

/** Certificates that have ended or end within a month. */
function endings(view: View): Ending[] {
  return certificatesOf(view).flatMap(({ label, pem }) => {
    const end = pem.state === 'seen' ? certificateEnd(pem.value) : undefined;
    if (!end) return [];
    const left = daysLeft(view, end);
    return left === undefined ? [] : [{ label, daysLeft: left, on: end.toISOString().slice(0, 10) }];
  });
}

export function machineCertificateFindings(view: View): Finding[] {
  const unseen = certificatesOf(view).flatMap(({ label, pem }) =>
    pem.state === 'unknown' ? [unread('machine-certificate-unread', label, `The certificate of ${label}`, pem)] : [],
  );
  const ending = endings(view)
    .filter(isFinding)
    .map(({ label, daysLeft: left, on }): Finding => {
      const common = { verdict: 'degraded', subject: label, repair: applyCommand } as const;
      return left <= 0
        ? {
            ...{ ...common, id: 'machine-certificate-expired' },
            reason: `The certificate of ${label} has expired on ${on}.`,
            effect: 'The other machines and every client refuse new connections to its engine.',
          }
        : {
            ...{ ...common, id: 'machine-certificate-expires-soon' },
            reason: `The certificate of ${label} ends on ${on}, in less than ${degradedDays} days.`,
            effect: 'Nothing yet; then the other machines and every client refuse new connections to its engine.',
          };
    });
  return [...unseen, ...ending];
}

/** Those that end within a month, and not within a week. */
export function machineCertificateNotices(view: View): Notice[] {
  return endings(view)
    .filter((one) => !isFinding(one))
    .map(({ label, on }) => ({
      id: 'machine-certificate-expires',
      subject: label,
      reason: `The certificate of ${label} ends on ${on}.`,
      repair: applyCommand,
    }));
}
