// What each engine would refuse at its start: each case of the table by our rules, and the answers of a machine that cannot be read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engineNamed, type Engine } from '../../src/engines/index.ts';
import { openSearchStartCases } from './opensearch-start-cases.ts';
import { leftByThePackage, startCases, type StartCase } from './start-refusal-cases.ts';

const { startCheck } = engineNamed('elasticsearch');
const { refusals } = startCheck;

const readable = ['certs/node.key', 'certs/node.crt'];

function printed(settings: string, entries: readonly string[], keystore = 'read'): string {
  return [
    `settings\t${Buffer.from(settings).toString('base64')}`,
    ...readable.map((file) => `readable\t${file}`),
    `keystore\t${keystore}`,
    ...entries.map((name) => `entry\t${name}`),
    'end\n',
  ].join('\n');
}

function check(engine: Engine, { name, settings, entries, refused }: StartCase): void {
  test(`${engine}, ${name}: ${refused === undefined ? 'starts' : 'refused'}`, () => {
    const found = engineNamed(engine).startCheck.refusals(printed(settings, entries));
    assert.deepEqual(
      found.map(({ setting }) => setting).slice(0, 1),
      refused === undefined ? [] : [refused],
      JSON.stringify(found),
    );
    for (const each of found) assert.ok(each.seen !== '' && each.allowed !== '', JSON.stringify(each));
  });
}

for (const each of startCases) check('elasticsearch', each);
for (const each of openSearchStartCases) check('opensearch', each);

test('OpenSearch makes a missing keystore itself, where it may; one with a password, or of another format, keeps it from starting', () => {
  const off = 'plugins.security.disabled: true';
  const { refusals: refusalsOf } = engineNamed('opensearch').startCheck;
  assert.deepEqual(refusalsOf(printed(off, [], 'to be made')), []);
  for (const [state, words] of [
    ['absent', /may write to/],
    ['unreadable', /opensearch:opensearch, mode 660/],
    ['password', /no password/],
    ['broken', /create/],
  ] as const) {
    const [only, ...more] = refusalsOf(printed(off, [], state));
    assert.equal(only?.setting, '/etc/opensearch/opensearch.keystore');
    assert.match(only.allowed, words);
    assert.deepEqual(more, []);
  }
});

test('a keystore that the engine cannot open at its start is refused, and says how to mend it', () => {
  const off = startCases[0]?.settings ?? '';
  for (const [state, words] of [
    ['absent', /create/],
    ['unreadable', /root:elasticsearch, mode 660/],
    ['password', /no password/],
  ] as const) {
    const [only, ...more] = refusals(printed(off, [], state));
    assert.equal(only?.setting, '/etc/elasticsearch/elasticsearch.keystore');
    assert.match(only.allowed, words);
    assert.deepEqual(more, []);
  }
});

test('nested and dotted names are the same setting', () => {
  const nested =
    'xpack:\n  security:\n    enabled: false\n    transport.ssl: {enabled: false}\n    http: {ssl: {enabled: false}}\n';
  assert.deepEqual(refusals(printed(nested, leftByThePackage)), []);
});

test('an answer that was cut off, a missing tool and a file that is no YAML are unknown, which is never a start', () => {
  const whole = printed('', []);
  const code = (text: string): string => {
    try {
      refusals(text);
      return 'none';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  for (const text of ['', whole.replace('end\n', ''), printed('', [], 'no tool'), printed('', [], 'broken')]) {
    assert.equal(code(text), 'engines-start-unread');
  }
  assert.equal(code(printed('a: [', [])), 'engines-settings-unreadable');
  assert.equal(code(printed('- a\n', [])), 'engines-settings-unreadable');
});
