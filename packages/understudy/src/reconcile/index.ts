// Reconcile: from what is seen to what should be, by steps that each say why. Healing is the same path.
export { apply, destroy, type Applied, type ConfirmRequest } from './apply.ts';
export { confirmAll, confirmUnlessDestructive } from './consent.ts';
export { certificateFromFiles, type Certificate } from './certificate.ts';
export { destroyPlan } from './destroy.ts';
export type { Intent } from './intent.ts';
export { readSecretValue } from './secret-file.ts';
export { plan } from './plan.ts';
export type { Plan } from './step.ts';
