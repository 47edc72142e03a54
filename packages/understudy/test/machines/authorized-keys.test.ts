// Which keys of an authorized_keys file differ from the intended ones; names are those that ssh-keygen prints.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import ssh2 from 'ssh2';
import { authorizedKeysFile, keyDifferences } from '../../src/machines/index.ts';

const key = (type: 'ed25519' | 'ecdsa', comment: string): string =>
  type === 'ed25519'
    ? ssh2.utils.generateKeyPairSync('ed25519', { comment }).public
    : ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256, comment }).public;
const tool = key('ed25519', 'understudy');
const colleague = key('ecdsa', 'ann@laptop of hers');

function fingerprint(line: string): string {
  const said = execFileSync('ssh-keygen', ['-l', '-f', '-'], { input: `${line}\n`, encoding: 'utf8' });
  return said.split(' ')[1] ?? '';
}

test('the written file has no difference, whatever its comments', () => {
  const { content, mode, owner } = authorizedKeysFile([tool, colleague]);
  assert.deepEqual(keyDifferences(content, [tool, colleague]), { missing: [], unnamed: [] });
  assert.deepEqual([mode, owner], ['0600', 'root:root']);
  const [type, body] = tool.split(' ');
  assert.deepEqual(keyDifferences(`# a comment\n\n  ${type} ${body} another name  \n`, [tool]), {
    missing: [],
    unnamed: [],
  });
});

test('keys that are missing and keys that nobody named are told apart, by fingerprint and comment', () => {
  assert.deepEqual(keyDifferences(`${colleague}\n`, [tool]), {
    missing: [`${fingerprint(tool)} (understudy)`],
    unnamed: [`${fingerprint(colleague)} (ann@laptop of hers)`],
  });
  const bare = colleague.split(' ').slice(0, 2).join(' ');
  assert.deepEqual(keyDifferences(`${tool}\n${bare}`, [tool]).unnamed, [fingerprint(colleague)]);
  assert.deepEqual(keyDifferences('', [tool, colleague]).missing.length, 2);
});

test('a key with options is another permission than the same key without', () => {
  const restricted = `command="echo 'please log in as ssh-user'",no-pty ${tool}`;
  assert.deepEqual(keyDifferences(`${restricted}\n`, [tool]), {
    missing: [`${fingerprint(tool)} (understudy)`],
    unnamed: [`${fingerprint(tool)} (understudy, with options)`],
  });
});

test('a line that is no key is named by its place, and its text is not repeated', () => {
  assert.deepEqual(keyDifferences(`${tool}\nsecret words\n`, [tool]).unnamed, ['line 2, which is no key']);
});
