// Unsafe or impossible topologies are refused with the field, its line, the reason and the way out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTopology, TopologyError, type Problem } from '../../src/topology/index.ts';
import { badTopologies, smallest } from './bad-topologies.ts';

function problemsOf(text: string): readonly Problem[] {
  try {
    parseTopology(text, { path: 'topology.yaml' });
  } catch (error) {
    assert.ok(error instanceof TopologyError);
    assert.equal(error.code, 'topology-invalid');
    assert.deepEqual(error.facts['problems'], error.problems);
    return error.problems;
  }
  return [];
}

test('the file that every bad one departs from is accepted', () => {
  assert.deepEqual(problemsOf(smallest), []);
});

for (const { title, text, field, line, says } of badTopologies) {
  test(`refused: ${title}`, () => {
    const problems = problemsOf(text);
    const problem = problems.find((candidate) => candidate.field === field);
    assert.ok(problem, `no problem names ${field}: ${JSON.stringify(problems, null, 2)}`);
    assert.equal(problem.line, line);
    assert.match(`${problem.message}; ${problem.remedy}`, says);
    assert.ok(problem.saw !== '' && problem.allowed !== '' && problem.remedy !== '');
  });
}

test('every problem of a file is listed, in the order of its lines, one line of text each', () => {
  const text =
    smallest.replace('version: 9.5.3', 'version: 9.5.3, nodes: 4') +
    'service: { port: 9200 }\nbalancer: { check: { intervalS: 2 } }\n';
  try {
    parseTopology(text, { path: 'topology.yaml' });
    assert.fail('accepted');
  } catch (error) {
    assert.ok(error instanceof TopologyError);
    assert.deepEqual(
      error.problems.map(({ field, line }) => [field, line]),
      [
        ['search.nodes', 3],
        ['service.port', 5],
        ['balancer.check.intervalS', 6],
      ],
    );
    const lines = error.message.split('\n');
    assert.equal(lines.length, 3);
    assert.equal(
      lines[1],
      'topology.yaml:5 service.port: saw 9200; allowed a port from 1024 to 65535 but 9200 and 9300; ' +
        "it is the engine's HTTP port, and a mix-up would open the engine to the balancer; do: leave it out for 5000",
    );
  }
});

test('a value of the environment is never repeated in a refusal', () => {
  const [problem] = problemsOf(`${smallest}service:\n  environment:\n    TOKEN: [hunter2]\n`);
  assert.doesNotMatch(JSON.stringify(problem), /hunter2/);
});
