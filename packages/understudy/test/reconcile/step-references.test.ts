// References between steps: a plain string is not accepted, and a reference to a missing step throws.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ifPlanned, stepId, type StepId } from '../../src/reconcile/plan/step-id.ts';
import { StepGraph } from '../../src/reconcile/plan/step-graph.ts';
import { PlanDraft, type StepRequest } from '../../src/reconcile/plan/plan-draft.ts';

const boot: StepRequest = {
  id: stepId.instanceBoot('demo-search-1'),
  subject: 'demo-search-1',
  action: 'boot',
  reason: 'demo-search-1 is powered off.',
  task: { kind: 'instance-boot', machine: 'demo-search-1' },
};

const wait: StepRequest = {
  id: stepId.instanceReady('demo-search-1'),
  subject: 'demo-search-1',
  action: 'wait',
  reason: 'A booted machine has to come up.',
  task: { kind: 'machine-ready', machine: 'demo-search-1' },
};

test('a plain string is not accepted as a reference to a step', () => {
  // @ts-expect-error -- only stepId creates ids
  const typed: StepId = 'demo-search-1/boot';
  // @ts-expect-error -- and only ids are allowed in `after`
  const request: StepRequest = { ...wait, after: ['demo-search-1/boot'] };
  // @ts-expect-error -- a step that is optional is named by its id, too
  const optional = ifPlanned('demo-search-1/boot');
  // At run time the refused values are equal to the real ones: only the types differ.
  assert.equal(typed, boot.id);
  assert.deepEqual(request.after, [boot.id]);
  assert.deepEqual(optional, ifPlanned(boot.id));
});

test('the printed ids of steps do not change', () => {
  const draft = new PlanDraft();
  draft.add(boot);
  draft.add({ ...wait, after: [boot.id] });
  assert.deepEqual(JSON.parse(JSON.stringify(draft.finish().steps.map(({ id, after }) => ({ id, after })))), [
    { id: 'demo-search-1/boot', after: [] },
    { id: 'demo-search-1/wait', after: ['demo-search-1/boot'] },
  ]);
});

test('a reference to a step that the plan does not have throws an error that names both', () => {
  const draft = new PlanDraft();
  draft.add({ ...wait, after: [boot.id] });
  assert.throws(() => draft.finish(), /demo-search-1\/wait waits for demo-search-1\/boot, which is not in the plan/);
});

test('the graph of a schedule refuses such a reference, too', () => {
  const draft = new PlanDraft();
  draft.add(boot);
  draft.add({ ...wait, after: [boot.id] });
  const [, second] = draft.finish().steps;
  assert.throws(() => new StepGraph([second!]), /demo-search-1\/wait waits for demo-search-1\/boot/);
});

test('ifPlanned orders the steps when the plan has the step, and is dropped when it does not', () => {
  const alone = new PlanDraft();
  alone.add({ ...wait, after: [ifPlanned(boot.id)] });
  assert.deepEqual(alone.finish().steps[0]!.after, []);
  const both = new PlanDraft();
  both.add({ ...wait, after: [ifPlanned(boot.id)] });
  both.add(boot);
  assert.deepEqual(
    both.finish().steps.map(({ id }) => id),
    [boot.id, wait.id],
  );
});

test('an id that does not belong to its subject is refused', () => {
  const draft = new PlanDraft();
  assert.throws(() => draft.add({ ...boot, subject: 'demo-search-2' }), /demo-search-1\/boot is not of demo-search-2/);
});
