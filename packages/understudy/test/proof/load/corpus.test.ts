import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePackages, wordsOf } from '../../../src/proof/load/corpus.ts';

const list = `Package: curl
Version: 8.14.1-2
Description-en: command line tool for transferring data with URL syntax
 curl is a command line tool.
 .
 It supports many protocols.
Tag: implemented-in::c, role::program,
 interface::commandline
Section: web

Package: no-description
Version: 1
`;

test('a package list gives title, description, section and tags as plain text', () => {
  assert.deepEqual(parsePackages(list), [
    {
      title: 'curl',
      text:
        'command line tool for transferring data with URL syntax curl is a command line tool. ' +
        'It supports many protocols. web implemented-in c, role program, interface commandline',
    },
  ]);
});

test('search words have a minimum length', () => {
  assert.deepEqual(wordsOf({ title: 'a', text: 'is it quick, or slow?' }), ['quick']);
  assert.deepEqual(wordsOf({ title: 'a', text: 'so it is' }), ['a']);
});
