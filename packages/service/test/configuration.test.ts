import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigurationError, readConfiguration as read, type Environment } from '../src/configuration.ts';

/** Who may call has no default. */
const readConfiguration = (environment: Environment) => read({ AUTH: 'public', ...environment });

describe('readConfiguration', () => {
  it('has a default for everything', () => {
    assert.deepEqual(readConfiguration({}), {
      host: '127.0.0.1',
      port: 5000,
      workers: 1,
      engine: {
        nodes: ['http://127.0.0.1:9200'],
        index: 'documents',
        username: undefined,
        password: undefined,
        caPath: undefined,
      },
      deadlineMs: 20_000,
      drainMs: 11_000,
      drainedFile: undefined,
      stopMs: 22_000,
      queue: undefined,
      gather: 'auto',
      logLevel: 'info',
      httpsPort: undefined,
      acmeChallenges: undefined,
      metrics: 'direct',
      peers: [],
      auth: {
        mode: 'public',
        keysFile: undefined,
        jwt: undefined,
        inside: ['127.0.0.0/8', '::1'],
        balancer: [],
        peerSecrets: [],
        peerSecretFile: undefined,
      },
    });
  });

  it('reads several nodes and drops a final slash', () => {
    const { engine } = readConfiguration({ ES_HOSTS: 'http://10.20.0.11:9200/, https://search.example:9200' });
    assert.deepEqual(engine.nodes, ['http://10.20.0.11:9200', 'https://search.example:9200']);
  });

  it('reads the directory and the limit of the queue', () => {
    const directory = '/var/lib/understudy/queue';
    assert.deepEqual(readConfiguration({ QUEUE_DIR: directory }).queue, { directory, mostBytes: 67_108_864 });
    assert.equal(readConfiguration({ QUEUE_DIR: directory, QUEUE_BYTES: '2000000' }).queue?.mostBytes, 2_000_000);
  });

  it('treats an empty variable as an absent one', () => {
    assert.deepEqual(readConfiguration({ PORT: '', ES_PASSWORD: ' ' }), readConfiguration({}));
  });

  const wrong: readonly [Record<string, string>, RegExp][] = [
    [{ AUTH: '' }, /AUTH is not set\. Set AUTH=keys .*AUTH=public, with which everybody/],
    [{ AUTH: 'open' }, /AUTH is 'open'; it must be one of keys, jwks, public/],
    [{ AUTH: 'keys' }, /AUTH is keys, and AUTH_KEYS_FILE is not set/],
    [{ AUTH: 'keys', AUTH_KEYS_FILE: 'keys.json' }, /AUTH_KEYS_FILE is 'keys\.json'; it must be an absolute path/],
    [{ AUTH: 'jwks' }, /AUTH is jwks, and AUTH_JWKS_URL is not set[^]*AUTH_ISSUER[^]*AUTH_AUDIENCE/],
    [
      { AUTH: 'jwks', AUTH_JWKS_URL: 'http://login.example.org/', AUTH_ISSUER: 'i', AUTH_AUDIENCE: 'a' },
      /AUTH_JWKS_URL is 'http:.*must be an https URL/,
    ],
    [{ AUTH_INSIDE: '10.20.0.0/99' }, /AUTH_INSIDE is '10\.20\.0\.0\/99'/],
    [{ PEER_SECRET: 'short' }, /PEER_SECRET has a secret of fewer than 32 characters/],
    [{ PEER_SECRET_FILE: 'peers' }, /PEER_SECRET_FILE is 'peers'; it must be an absolute path/],
    [{ PEER_SECRET: 'p'.repeat(32), PEER_SECRET_FILE: '/peers' }, /PEER_SECRET and PEER_SECRET_FILE are both set/],
    [{ PORT: '0' }, /PORT is '0'; it must be a whole number from 1 to 65535/],
    [{ PORT: '1e3' }, /PORT is '1e3'/],
    [{ WORKERS: '65' }, /WORKERS is '65'/],
    [{ DEADLINE_MS: '99' }, /DEADLINE_MS is '99'/],
    [{ DRAIN_MS: '-1' }, /DRAIN_MS is '-1'/],
    [{ LOG_LEVEL: 'loud' }, /LOG_LEVEL is 'loud'; it must be one of debug, info, warn, error/],
    [{ GATHER: 'on' }, /GATHER is 'on'; it must be one of auto, off/],
    [{ QUEUE_DIR: 'queue' }, /QUEUE_DIR is 'queue'; it must be an absolute path/],
    [{ QUEUE_BYTES: '1000' }, /QUEUE_BYTES is '1000'/],
    [{ METRICS: 'yes' }, /METRICS is 'yes'/],
    [{ INDEX: 'Documents' }, /INDEX is 'Documents'/],
    [{ INDEX: 'a/b' }, /INDEX is 'a\/b'/],
    [{ ES_HOSTS: ',' }, /ES_HOSTS names no node/],
    [{ ES_HOSTS: '10.20.0.11:9200' }, /an address is written like/],
    [{ ES_HOSTS: 'http://x:9200/path' }, /an address is written like/],
    [{ ES_USERNAME: 'elastic' }, /belong together/],
  ];
  for (const [environment, text] of wrong) {
    it(`refuses ${JSON.stringify(environment)}`, () => {
      assert.throws(() => readConfiguration(environment), text);
    });
  }

  it('names all mistakes at once', () => {
    assert.throws(
      () => readConfiguration({ PORT: 'a', WORKERS: 'b', LOG_LEVEL: 'c' }),
      (error) => error instanceof ConfigurationError && error.problems.length === 3,
    );
  });

  it('does not repeat a password that is in a URL', () => {
    assert.throws(
      () => readConfiguration({ ES_HOSTS: 'http://elastic:hunter2@x:9200' }),
      (error: Error) => /ES_USERNAME/.test(error.message) && !error.message.includes('hunter2'),
    );
  });
});
