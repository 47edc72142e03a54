// Findings about certificates of https listeners: the one that is presented to clients counts.
import type { ShownCertificate } from '../../observe/index.ts';
import { balancerLabel } from '../../topology/index.ts';
import { daysLeft, degradedDays, isFinding } from './certificate-end.ts';
import { applyCommand, unread, type Finding, type Notice, type View } from '../finding.ts';

interface Ending {
  readonly port: number;
  readonly daysLeft: number;
  readonly notAfter: string;
}

/** Certificates that are over or end within a month. */
function endings(view: View): Ending[] {
  return Object.entries(view.observation.certificates).flatMap(([port, certificate]) => {
    if (certificate.state !== 'seen') return [];
    const { notAfter }: ShownCertificate = certificate.value;
    const left = daysLeft(view, new Date(notAfter));
    return left === undefined ? [] : [{ port: Number(port), daysLeft: left, notAfter }];
  });
}

function repairOf({ topology }: View, port: number): string {
  const certificate = topology.balancer.listeners.find((listener) => listener.port === port)?.certificate;
  return typeof certificate === 'object' && 'certPath' in certificate
    ? `Put a new certificate in ${certificate.certPath} and its key in ${certificate.keyPath}, then: understudy apply`
    : applyCommand;
}

export function certificateFindings(view: View): Finding[] {
  const { observation, topology } = view;
  const subject = balancerLabel(topology.name);
  const unseen = Object.entries(observation.certificates).flatMap(([port, certificate]) =>
    certificate.state === 'unknown'
      ? [unread('certificate-unread', subject, `The certificate on port ${port}`, certificate)]
      : [],
  );
  const ending = endings(view)
    .filter(isFinding)
    .map(({ port, daysLeft: left, notAfter }): Finding => {
      const repair = repairOf(view, port);
      const what = `The certificate on port ${port}`;
      return left <= 0
        ? {
            ...{ id: 'certificate-expired', verdict: 'down', subject, repair },
            reason: `${what} has expired on ${notAfter}.`,
            effect: `Clients that check certificates refuse to connect to port ${port}.`,
          }
        : {
            ...{ id: 'certificate-expires-soon', verdict: 'degraded', subject, repair },
            reason: `${what} ends on ${notAfter}, in less than ${degradedDays} days.`,
            effect: 'Nothing yet; then clients that check certificates refuse to connect.',
          };
    });
  return [...unseen, ...ending];
}

/** Those that end within a month, and not within a week. */
export function certificateNotices(view: View): Notice[] {
  return endings(view)
    .filter((one) => !isFinding(one))
    .map(({ port, notAfter }) => ({
      id: 'certificate-expires',
      subject: balancerLabel(view.topology.name),
      reason: `The certificate on port ${port} ends on ${notAfter}.`,
      repair: repairOf(view, port),
    }));
}
