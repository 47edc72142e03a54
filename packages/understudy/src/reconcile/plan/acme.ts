// When a certificate of a public authority is ordered: there is none for these names yet, or two thirds of its life are over.
import { machinesFor, type Intent } from '../../operation/index.ts';
import { isRenewalDue } from '../../secure/index.ts';
import { acmeOf, balancerLabel, type AcmeOptions, type Listener } from '../../topology/index.ts';
import type { PlanDraft } from './plan-draft.ts';
import { ifPlanned, stepId, type StepReference } from './step-id.ts';

/** A sentence when a certificate has to be ordered. */
function orderReason(intent: Intent, port: number, asked: AcmeOptions, nowMs: number): string | undefined {
  const names = asked.domains.join(', ');
  const from = `from ${new URL(asked.directoryUrl).host}`;
  const kept = intent.acme?.kept(port);
  if (!kept) return `There is no certificate for ${names} ${from} on this computer.`;
  if (kept.domains.join() !== asked.domains.join()) {
    return `The certificate is for ${kept.domains.join(', ')}, the topology asks for ${names}.`;
  }
  if (kept.directoryUrl !== asked.directoryUrl) {
    return `The certificate is from ${new URL(kept.directoryUrl).host}, the topology asks for one ${from}.`;
  }
  const { notBefore, notAfter } = kept.certificate;
  if (!isRenewalDue({ from: notBefore.getTime(), to: notAfter.getTime() }, nowMs)) return undefined;
  return `Two thirds of the life of the certificate for ${names} are over; it ends on ${notAfter.toISOString()}.`;
}

/** With http-01 the authority asks the service, by the balancer: it answers when it runs as the topology says. */
function stepsBefore(intent: Intent, { challenge }: AcmeOptions): readonly StepReference[] {
  if (challenge === 'dns-01') return [];
  const { name } = intent.topology;
  const machines = machinesFor(intent, 'service');
  return [
    stepId.balancerCreate(name),
    stepId.listener(name, 80),
    stepId.balancerFirewall(name),
    stepId.firewallUpdate(name, 'balancer'),
    ...machines.flatMap(({ label, ordinal }) => [stepId.serviceRun(label), stepId.backend(name, 80, ordinal)]),
  ].map(ifPlanned);
}

/** Adds the step that orders; true when there is one. */
export function planCertificateOrder(
  draft: PlanDraft,
  intent: Intent,
  { at }: { at: string },
  listener: Listener,
): boolean {
  const asked = acmeOf(listener);
  const { port } = listener;
  const reason = asked && orderReason(intent, port, asked, Date.parse(at));
  if (!asked || reason === undefined) return false;
  const { name } = intent.topology;
  draft.add({
    id: stepId.certificateOrder(name, port),
    subject: balancerLabel(name),
    action: 'order',
    reason,
    task: { kind: 'certificate-order', port },
    after: stepsBefore(intent, asked),
  });
  return true;
}
