// What a data directory holds, told by the files in it as real engines write them, and the guard that stands before a bootstrap.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { absent } from '@understudy/foundation';
import { bootstrapGuard, contentHash, clusterDataFound, partOf } from '../../src/machines/index.ts';
import { engineLayouts } from '../../src/engines/index.ts';
import { codeOf, look } from './look.ts';
import { recordedCommits } from './recorded-commits.ts';

const directory = mkdtempSync(join(tmpdir(), 'understudy-state-'));
after(() => rmSync(directory, { recursive: true }));
const at = (path: string): string => join(directory, path);

let laid = 0;
/** Lays an engine's files down as the engine itself does. */
function lay(files: Readonly<Record<string, Buffer | string>>): string {
  laid += 1;
  const data = at(`data-${laid}`);
  mkdirSync(data, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(data, path)), { recursive: true });
    writeFileSync(join(data, path), content);
  }
  return data;
}

const marker = 'written by Elasticsearch 9.5.3 to prevent a downgrade to a version prior to v8.0.0';
const commit = (engine: keyof typeof recordedCommits, which: 'alone' | 'lonely' | 'formed'): Buffer =>
  Buffer.from(recordedCommits[engine][which], 'base64');
const elasticsearch = (which: 'alone' | 'lonely' | 'formed') => ({
  ...{ 'node.lock': '', nodes: marker, '_state/node-0.st': 'x', '_state/manifest-0.st': 'x', '_state/write.lock': '' },
  '_state/segments_9': commit('elasticsearch', which),
});
const opensearch = (which: 'alone' | 'lonely' | 'formed') => ({
  ...{ 'nodes/0/node.lock': '', 'nodes/0/_state/node-0.st': 'x', 'nodes/0/_state/manifest-0.st': 'x' },
  'nodes/0/_state/segments_6': commit('opensearch', which),
});
const shard = { 'indices/pFMsyrPURMy_-HFtxRiDCA/0/index/segments_2': 'x' };

const rows: readonly [
  name: string,
  files: Readonly<Record<string, Buffer | string>>,
  holds: string,
  uuid: string,
  indices: boolean,
][] = [
  ['nothing', {}, 'empty', '', false],
  ['what the OpenSearch package puts there', { 'performance_analyzer_enabled.conf': 'false' }, 'empty', '', false],
  ['a file system’s own directory', { 'lost+found/x': '' }, 'empty', '', false],
  [
    'a node of Elasticsearch that ended before its first commit',
    { '_state/node-0.st': 'x', 'node.lock': '' },
    'node-only',
    '',
    false,
  ],
  ['a node of Elasticsearch that found nobody', elasticsearch('lonely'), 'node-only', '', false],
  ['a node of OpenSearch that found nobody', opensearch('lonely'), 'node-only', '', false],
  ['Elasticsearch that was started alone', elasticsearch('alone'), 'cluster', 'OhPkp1rzS7e9NvgCebYVug', false],
  ['OpenSearch that was started alone', opensearch('alone'), 'cluster', '', false],
  ['Elasticsearch with an index', { ...elasticsearch('formed'), ...shard }, 'cluster', 'formed', true],
  [
    'OpenSearch with an index',
    { ...opensearch('formed'), 'nodes/0/indices/viJdKEO8RhqltQYca_XC0Q/0/x': '' },
    'cluster',
    '',
    true,
  ],
  ['an index whose state was lost', shard, 'cluster', '', true],
  ['Elasticsearch 7.0', { 'nodes/0/_state/global-1.st': 'x', 'nodes/0/_state/node-0.st': 'x' }, 'cluster', '', false],
];

describe('it is read from a data directory whether it contains the state of a cluster', () => {
  for (const [name, files, holds, uuid, indices] of rows) {
    test(`${name}: ${holds}`, () => {
      const data = lay(files);
      const part = partOf(look({ directories: [data] }).directories, data);
      assert.ok(part.state === 'seen', JSON.stringify(part));
      assert.deepEqual([part.value.holds, part.value.indices], [holds, indices]);
      if (uuid === 'formed') assert.match(part.value.clusterUuid ?? '', /^[\w-]{22}$/);
      else assert.equal(part.value.clusterUuid ?? '', uuid);
      const guarded = guard(data, 'other settings');
      assert.equal(guarded, holds === 'cluster' ? clusterDataFound : 0);
      assert.equal(guard(data, 'the bootstrap settings'), 0, 'a formation that was cut short goes on');
    });
  }

  test('a directory that does not exist; one whose state cannot be read', () => {
    const data = lay({ ...elasticsearch('alone'), '_state/segments_a': 'a format of the future' });
    rmSync(join(data, '_state/segments_9'));
    const machine = look({ directories: [at('none'), data] });
    assert.deepEqual(partOf(machine.directories, at('none')), absent);
    assert.equal(codeOf(partOf(machine.directories, data)), 'machines-unreadable');
    assert.equal(guard(data, 'other settings'), clusterDataFound);
    assert.equal(guard(at('none'), 'other settings'), 0);
  });
});

/** The exit code of the guard before a bootstrap, where the settings file says `settings`. */
function guard(dataDirectory: string, settings: string): number | null {
  const configFile = at('engine.yml');
  writeFileSync(configFile, settings);
  const layout = { ...engineLayouts.elasticsearch, dataDirectory, configFile };
  const script = `${bootstrapGuard(layout, contentHash('the bootstrap settings'))}\nset -eu\necho passed`;
  const { status, stdout } = spawnSync('sh', ['-s'], { input: script });
  assert.equal(stdout.toString() === 'passed\n', status === 0);
  return status;
}
