// Reconcile: from the observation to the intent. plan/ lists the steps and is pure; execute/ runs them.
export { stepId } from './plan/step-id.ts';
export { type Applied, apply, type ConfirmRequest, destroy } from './execute/apply.ts';
export { confirmAll, confirmUnlessDestructive } from './plan/consent.ts';
export { restartGateways } from './execute/roll-gateway.ts';
export { clearRejected, recordRejected, type Rolled, type RollRequest, rollService } from './execute/roll-service.ts';
export { destroyPlan } from './execute/destroy.ts';
export { plan } from './plan/plan.ts';
export type { Plan } from './plan/step.ts';
