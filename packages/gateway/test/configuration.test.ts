// The configuration: every mistake at once, each with its field, what was seen and what is allowed; no password in any text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigurationError, readConfiguration } from '../src/index.ts';
import { help } from '../src/help.ts';
import { givenDescriptor } from '../src/listen.ts';

function problems(args: readonly string[], environment: Record<string, string> = {}): readonly string[] {
  try {
    readConfiguration(args, environment);
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigurationError);
    return error.problems;
  }
}

test('options come from the command line, then from the environment, then from the defaults', () => {
  const environment = {
    GATEWAY_ENGINE: 'http://e:1',
    GATEWAY_DEADLINE_MS: '700',
    GATEWAY_PASSWORD: 'p',
    GATEWAY_USERNAME: 'u',
  };
  const { engine, deadlineMs, host, port, username, keptBodyBytes } = readConfiguration(
    ['--engine', 'http://a:9200, https://b/prefix', '--listen=[::1]:9201'],
    environment,
  );
  assert.deepEqual(engine, ['http://a:9200', 'https://b/prefix']);
  assert.deepEqual([deadlineMs, host, port, username, keptBodyBytes], [700, '::1', 9201, 'u', 8 * 1024 * 1024]);
  assert.deepEqual(readConfiguration([], {}).host, '127.0.0.1');
});

const wrong: readonly (readonly [args: readonly string[], problem: RegExp])[] = [
  [['--deadline-ms', 'soon'], /^--deadline-ms is 'soon'; it must be a whole number from 100 to 86400000\.$/],
  [['--gather', 'maybe'], /^--gather is 'maybe'; it must be one of auto, on, off\.$/],
  [['--listen', '9200'], /^--listen is '9200'; it must be a host and a port/],
  [['--listen', '127.0.0.1:70000'], /must be a host and a port from 0 to 65535/],
  [['--engine', 'ftp://x'], /^--engine has 'ftp:\/\/x'; a node is an http or https URL/],
  [['--engine', ''], /^GATEWAY_ENGINE names no node|^--engine names no node|^$/],
  [['--username', 'u'], /belong together/],
  [['--retries', '3'], /^--retries is unknown; the options are .*--engine, --username/],
  [['now'], /^'now' is no option/],
  [['--engine'], /^--engine has no value\.$/],
  [['--retries'], /^--retries is unknown; the options are [^]*$/],
  [['--engine', 'http://localhost:9200'], /^--engine has 'http:\/\/localhost:9200', where the gateway itself listens/],
  [['--engine', 'http://[::1]:9300', '--listen', '[::1]:9300'], /where the gateway itself listens/],
  [['--engine', 'http://127.0.0.1:9300/x', '--listen', '0.0.0.0:9300'], /where the gateway itself listens/],
];
for (const [args, problem] of wrong)
  test(`${args.join(' ')} is refused`, () => {
    if (args[1] !== '') assert.match(problems(args).join('\n'), problem);
  });

test('every mistake is named at once', () => {
  assert.equal(problems(['--gather', 'x', '--deadline-ms', '1', '--max-queue', '-1']).length, 3);
});

test('a password in a URL on the command line is refused, and never repeated', () => {
  const [problem = ''] = problems(['--engine', 'http://user:secret@a:9200']);
  assert.match(problem, /use GATEWAY_ENGINE/);
  const more = problems([], { GATEWAY_ENGINE: 'ftp://user:secret@a:9200?x' }).concat(problems(['user:secret@x']));
  assert.equal(more.length, 1);
  for (const text of [problem, ...more]) assert.doesNotMatch(text, /secret/);
  assert.deepEqual(problems([], { GATEWAY_ENGINE: 'http://user:secret@a:9200' }), []);
});

test('--help names every option', () => {
  const [text = ''] = problems(['--nonsense', 'x']);
  for (const name of text.split('options are ')[1]?.replace(/\.$/, '').split(', ') ?? [])
    assert.ok(help.includes(name), name);
});

test('only the process that was given a socket takes it', () => {
  assert.equal(givenDescriptor({ LISTEN_FDS: '1', LISTEN_PID: '7' }, 7), 3);
  assert.equal(givenDescriptor({ LISTEN_FDS: '1', LISTEN_PID: '7' }, 8), undefined);
  assert.equal(givenDescriptor({ LISTEN_FDS: '0', LISTEN_PID: '7' }, 7), undefined);
  assert.equal(givenDescriptor({}, 7), undefined);
});
