import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RemoteOptions, RemoteResult, RemoteRunner } from '../../src/machines/index.ts';
import { engineOverSsh } from '../../src/status/index.ts';

function hosts(...labels: string[]) {
  return labels.map((label, index) => ({
    target: { label, address: `203.0.113.${index + 1}` },
    vpcAddress: `10.20.0.${index + 11}`,
  }));
}

function wire(answer: (label: string) => RemoteResult) {
  const sent: { label: string; argv: readonly string[]; stdin: unknown }[] = [];
  const runner: RemoteRunner = {
    run: (target, argv, options: RemoteOptions = {}) => {
      sent.push({ label: target.label, argv, stdin: options.stdin });
      return Promise.resolve(answer(target.label));
    },
    close: () => Promise.resolve(),
  };
  return { runner, sent };
}

test('a request is curl on the machine, its body on stdin, its status on the last line', async () => {
  const { runner, sent } = wire(() => ({ code: 0, stdout: '{"acknowledged":true}\n200', stderr: '' }));
  const transport = engineOverSsh(runner, hosts('demo-search-1'));
  const answer = await transport.request('PUT', '/documents/_settings?a=[1]', { b: "it's" }, { timeoutMs: 2500 });
  assert.deepEqual(answer, { status: 200, body: { acknowledged: true }, node: 'demo-search-1' });
  assert.deepEqual(sent, [
    {
      label: 'demo-search-1',
      argv: [
        'curl',
        '--silent',
        '--show-error',
        '--globoff',
        '--noproxy',
        '*',
        '--max-time',
        '2.5',
        '--request',
        'PUT',
        '--header',
        'content-type: application/json',
        '--data-binary',
        '@-',
        '--write-out',
        '\\n%{http_code}',
        'http://10.20.0.11:9200/documents/_settings?a=[1]',
      ],
      stdin: '{"b":"it\'s"}',
    },
  ]);
});

test('a node that does not answer is passed over, and the one that did is asked first next time', async () => {
  const { runner, sent } = wire((label) =>
    label === 'demo-search-1'
      ? { code: 7, stdout: '', stderr: 'curl: (7) Failed to connect' }
      : { code: 0, stdout: '{}\n200', stderr: '' },
  );
  const transport = engineOverSsh(runner, hosts('demo-search-1', 'demo-search-2'));
  await transport.request('GET', '/');
  await transport.request('GET', '/');
  assert.deepEqual(
    sent.map(({ label }) => label),
    ['demo-search-1', 'demo-search-2', 'demo-search-2'],
  );
  await assert.rejects(transport.request('GET', '/', undefined, { node: 'demo-search-1' }), {
    code: 'cluster-unreachable',
    message: /^No search node answered GET \/\. demo-search-1: curl: \(7\) Failed to connect$/,
  });
});
