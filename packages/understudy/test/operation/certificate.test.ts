import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { certificateFromFiles, selfSignedCertificate } from '../../src/operation/certificate.ts';
import { readSecretValue } from '../../src/operation/index.ts';
import { shownCertificate } from '../../src/observe/index.ts';

const nowMs = Date.now();

test('a self-signed certificate names the system and its address, belongs to its key, and hides the key', async () => {
  const made = await selfSignedCertificate('demo.understudy.internal', '203.0.113.7', nowMs);
  const read = new X509Certificate(made.certificatePem);
  assert.equal(read.subject, 'CN=demo.understudy.internal');
  assert.equal(read.subjectAltName, 'DNS:demo.understudy.internal, IP Address:203.0.113.7');
  assert.ok(read.checkPrivateKey(createPrivateKey(made.keyPem.reveal())));
  assert.ok(read.verify(read.publicKey));
  assert.equal(read.ca, false);
  assert.equal(made.fingerprint, read.fingerprint.replaceAll(':', ''));
  assert.equal(Math.round((Date.parse(read.validTo) - nowMs) / 86_400_000), 397);
  assert.doesNotMatch(inspect(made) + JSON.stringify(made), /PRIVATE KEY/);
});

test('the certificate of a TLS port is read without being trusted', async () => {
  const made = await selfSignedCertificate('demo.understudy.internal', undefined, nowMs);
  const server = createServer({ cert: made.certificatePem, key: made.keyPem.reveal() }, (socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  assert.deepEqual(await shownCertificate('127.0.0.1', port), {
    state: 'seen',
    value: { notAfter: made.notAfter.toISOString() },
  });
  server.close();
  assert.equal((await shownCertificate('127.0.0.1', port)).state, 'unknown');
});

test('files that are no certificate are refused with their paths and a remedy', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'understudy-cert-'));
  const path = join(directory, 'cert.pem');
  await writeFile(path, 'nothing', { mode: 0o600 });
  await assert.rejects(certificateFromFiles(path, path), {
    code: 'reconcile-certificate',
    message: /cert\.pem.*self-signed/,
  });
});

test('secrets are read only from files that no other user can read', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'understudy-secret-'));
  const path = join(directory, 'key');
  await writeFile(path, 'planted value\n', { mode: 0o600 });
  assert.equal((await readSecretValue(path, 'service.secrets.KEY')).reveal(), 'planted value');
  const refused = async (mode: number, text: string, message: RegExp) => {
    await writeFile(path, text);
    await chmod(path, mode);
    await assert.rejects(readSecretValue(path, 'service.secrets.KEY'), (error: Error) => {
      assert.match(error.message, message);
      assert.match(error.message, /^service\.secrets\.KEY: /);
      assert.doesNotMatch(error.message, /planted/);
      return true;
    });
  };
  await refused(0o644, 'planted', /everybody .*\(mode 644\); do: chmod 600/);
  await refused(0o600, 'planted\ntwice\n', /more than one line/);
  await refused(0o600, '\n', /is empty/);
  await assert.rejects(readSecretValue(`${path}-none`, 'service.secrets.KEY'), /cannot be read \(ENOENT\)/);
  await chmod(path, 0o644);
  await assert.rejects(certificateFromFiles(path, path), { code: 'reconcile-secret-file' });
});
