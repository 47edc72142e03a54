// A verdict as JUnit XML, which every CI system can show: one test case per goal, and one for the run itself.
import { show, showSeen } from '../checker/goal-checks.ts';
import type { Verdict } from '../checker/verdict.ts';

interface TestCase {
  readonly ending: 'passed' | 'skipped' | 'failure' | 'error';
  readonly xml: string;
}

export function junitOf(verdict: Verdict): string {
  const seconds = (verdict.rtoMs ?? 0) / 1_000;
  const cases = [runCase(verdict), ...verdict.goals.filter((goal) => goal.limit !== null).map(goalCase(verdict))];
  const count = (wanted: TestCase['ending']): number => cases.filter(({ ending }) => ending === wanted).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites><testsuite name="${escape(`drill ${verdict.drill}`)}" tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" time="${seconds}">`,
    ...cases.map(({ xml }) => xml),
    '</testsuite></testsuites>',
    '',
  ].join('\n');
}

/** INVALID and ABORTED are errors: the run says nothing about the system. */
function runCase(verdict: Verdict): TestCase {
  const reasons = verdict.reasons.map((reason) => reason.text).join('\n');
  const name = `name="verdict" classname="${escape(verdict.drill)}"`;
  if (verdict.result === 'PASS') return { ending: 'passed', xml: `<testcase ${name}/>` };
  const kind = verdict.result === 'FAIL' ? 'failure' : 'error';
  const xml = `<testcase ${name}><${kind} message="${verdict.result}">${escape(reasons)}</${kind}></testcase>`;
  return { ending: kind, xml };
}

function goalCase(verdict: Verdict) {
  return (goal: Verdict['goals'][number]): TestCase => {
    const name = `name="${escape(goal.goal)}" classname="${escape(verdict.drill)}"`;
    if (verdict.result === 'INVALID' || verdict.result === 'ABORTED')
      return { ending: 'skipped', xml: `<testcase ${name}><skipped/></testcase>` };
    if (goal.met) return { ending: 'passed', xml: `<testcase ${name}/>` };
    const message = `${showSeen(goal)}, at most ${show(goal.limit, goal)}`;
    return { ending: 'failure', xml: `<testcase ${name}><failure message="${escape(message)}"/></testcase>` };
  };
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export function escape(text: string): string {
  // Control characters have no place in XML 1.0, not even escaped.
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').replace(/[&<>"]/g, (c) => entities[c] ?? c);
}
