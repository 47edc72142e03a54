// Nothing decides on the text of a message: the rule that forbids it bites on planted violations, and lets data through.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ESLint } from 'eslint';

const rule = 'understudy/no-decision-on-text';
const eslint = new ESLint({ cwd: process.cwd() });
const src = 'packages/understudy/src';

/** Lints code as if it stood in the given existing file. */
async function broken(code: string, filePath = `${src}/reconcile/plan/plan.ts`): Promise<string[]> {
  const results = await eslint.lintText(code, { filePath });
  return results.flatMap(({ messages }) =>
    messages.filter(({ ruleId }) => ruleId === rule).map(({ message }) => message),
  );
}

const declared =
  'declare const step: { subject: string; message: string; reason: string; text: string; detail?: string };\n';

describe('a decision on the text of a message is refused', () => {
  const planted = [
    "export const x = step.message.startsWith('no');",
    "export const x = step.reason.includes('no');",
    'export const x = step.text.match(/no/);',
    "export const x = step.detail?.endsWith('no');",
    "export const x = step.message.trim().toLowerCase().includes('no');",
    'export const x = /vpc/i.test(step.reason);',
    "export const x = /vpc/i.test(`${step.detail ?? ''} ${step.reason}`);",
    'export const x = /vpc/i.exec(step.message)?.[1];',
    "export const x = (reason: string): boolean => reason.startsWith('no');",
    'export const x = (reasons: string[]): boolean => reasons.some((reason) => /no/.test(reason));',
    "export const x = ({ message }: Error): boolean => message.includes('no');",
    "export const x = (error: unknown): boolean => String(error).includes('no');",
    "export const x = step.message === 'no';",
    'export const x = `${step.subject} no` !== step.reason;',
    "export const x = step.reason.split(' ').includes('no');",
    "export const x = (): number => { switch (step.reason) { case 'no': return 1; default: return 0; } };",
  ];
  for (const line of planted) {
    it(line, async () => {
      const [message, ...more] = await broken(`${declared}${line}\n`);
      assert.match(message ?? 'nothing', /Nothing decides on the text of a message/);
      assert.deepEqual(more, []);
    });
  }
});

describe('a decision on data is accepted', () => {
  const fine = [
    "export const x = (step as unknown as { code: string }).code.startsWith('linode-');",
    'export const x = step.detail === undefined;',
    "export const x = [step].map(({ reason }) => reason).includes('no');",
    'export const x = step.reason === step.message;',
    "export const x = (label: string): boolean => label.startsWith('demo-');",
    'export const x = (text: string): boolean => /^\\d+$/.test(text);',
  ];
  for (const line of fine) it(line, async () => assert.deepEqual(await broken(`${declared}${line}\n`), []));
});

it('the room that reads messages of Linode may do so in one file', async () => {
  const line = 'export const x = (reason: string): boolean => /busy/.test(reason);\n';
  assert.deepEqual(await broken(line, `${src}/linode/reason.ts`), []);
  assert.equal((await broken(line, `${src}/linode/error.ts`)).length, 1);
});

describe('the rule holds in every package and in the benches', () => {
  const line = "export const x = ({ reason }: { reason: string }): boolean => reason.includes('current version');\n";
  const warning =
    'export const x = (warnings: string[]): boolean => warnings.some((warning) => /local/.test(warning));\n';
  for (const file of [
    'packages/client/src/policy/fence.ts',
    'packages/client/src/nodes/prober.ts',
    'packages/service/src/engine-error.ts',
    'packages/lab/src/control-client.ts',
    'packages/foundation/src/seen.ts',
    'bench/throughput/indices.ts',
    'bench/clients/run.ts',
  ])
    it(file, async () => {
      assert.equal((await broken(line, file)).length, 1);
      assert.equal((await broken(warning, file)).length, 1);
    });

  it('but not in the one file that reads the words of the engine', async () => {
    const file = 'packages/client/src/policy/engine-words.ts';
    assert.deepEqual([...(await broken(line, file)), ...(await broken(warning, file))], []);
  });
});
