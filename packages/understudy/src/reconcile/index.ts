// Reconcile: from what is seen to what should be. plan/ lists steps and is pure; execute/ carries them out.
export { stepId } from './plan/step-id.ts';
export { type Applied, apply, type ConfirmRequest, destroy } from './execute/apply.ts';
export { confirmAll, confirmUnlessDestructive } from './plan/consent.ts';
export { destroyPlan } from './execute/destroy.ts';
export { plan } from './plan/plan.ts';
export type { Plan } from './plan/step.ts';
