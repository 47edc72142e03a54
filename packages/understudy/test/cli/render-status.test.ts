// The printed status: each finding with its effect and its repair below it, and foreign objects in their own section.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { renderStatus } from '../../src/cli/render/status.ts';
import { seen } from '@understudy/foundation';
import { assessHealth } from '../../src/status/index.ts';
import { cluster, topology, well } from '../status/changes.ts';

const block = (index: string): object => ({
  index,
  setting: 'index.blocks.write',
  description: 'index write (api)',
  refuses: ['write'],
  closed: false,
});

test('a finding has its effect and its command below it; other indices have their own section; empty sections are omitted', () => {
  const blocked = cluster({ blocks: seen([block('documents'), block('other')]) })(well);
  const status = assessHealth(blocked, topology);
  const text = stripVTControlCharacters(renderStatus(status));
  const [finding] = status.findings;
  assert.ok(finding);
  assert.match(text, /^demo in us-ord is down\n {2}- The index documents refuses write: index\.blocks\.write\.\n/);
  assert.ok(text.includes(`\n    ${finding.effect}\n    ${finding.repair}\n`), text);
  assert.match(
    text,
    /\n\nnot of this system\n {2}- The index other refuses write: index\.blocks\.write\.\n {4}ssh root@/,
  );
  const calm = stripVTControlCharacters(renderStatus(assessHealth(well, topology)));
  assert.doesNotMatch(calm, /not of this system|in time/);
});

test('docs/status.md names every finding and notice', () => {
  const folder = join(import.meta.dirname, '../../src/status/findings');
  const docs = readFileSync(join(import.meta.dirname, '../../../../docs/status.md'), 'utf8');
  const ids = readdirSync(folder).flatMap((name) => {
    const source = readFileSync(join(folder, name), 'utf8');
    const found = source.matchAll(/(?:\bid: |degraded\(machine, |\? )'([a-z]+(?:-[a-z]+)+)'/g);
    return [...found].map(([, id = '']) => id);
  });
  assert.ok(ids.length > 30, ids.join(' '));
  assert.deepEqual(
    ids.filter((id) => !id.endsWith('-unread') && !docs.includes(`\`${id}\``)),
    [],
  );
});
