// Authority, request and certificate with the real openssl: it makes the key and the request with the tool's own script, and judges
// the result as a strict verifier does.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Secret } from '@understudy/foundation';
import type { EngineLayout } from '../../src/engines/index.ts';
import { makeAuthority, signCertificate } from '../../src/secure/authority.ts';
import { checkRequest } from '../../src/secure/certificate-request.ts';
import { certificateScript, certificateState, requestScript } from '../../src/secure/index.ts';

const run = promisify(execFile);
const nowMs = Date.now();
const dayMs = 86_400_000;
const machine = { label: 'demo-search-1', addresses: ['10.20.0.11', '127.0.0.1'] };

let base = '';
let layout: EngineLayout;
const user = process.env['USER'] ?? 'root';

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'understudy-pki-'));
  layout = {
    packageName: 'elasticsearch',
    unit: 'elasticsearch.service',
    user,
    configFile: join(base, 'elasticsearch.yml'),
    configFiles: { owner: `root:${user}`, mode: '0660' },
    configDirectory: base,
    dataDirectory: join(base, 'data'),
    logDirectory: join(base, 'log'),
  };
});
after(() => rm(base, { recursive: true, force: true }));

async function sh(script: string): Promise<string> {
  const child = run('sh', ['-s']);
  child.child.stdin?.end(script);
  return (await child).stdout;
}

const ask = (subject = machine): Promise<string> => sh(requestScript(layout, subject));

async function openssl(...words: string[]): Promise<string> {
  const { stdout, stderr } = await run('openssl', words);
  return stdout + stderr;
}

test('a machine makes its key, its request is checked and signed, and openssl verifies the chain, the addresses and both purposes', async () => {
  const authority = await makeAuthority('demo', nowMs);
  const request = await ask();
  assert.doesNotMatch(request, /PRIVATE KEY/);
  const pem = await signCertificate(authority, await checkRequest(request, machine), { nowMs });
  await sh(certificateScript(layout, pem));
  const [key, certificate] = [join(base, 'understudy/node.key'), join(base, 'understudy/node.crt')];
  assert.equal((await stat(key)).mode & 0o777, 0o600);
  assert.equal((await stat(certificate)).mode & 0o777, 0o644);
  await assert.rejects(stat(`${key}.new`), { code: 'ENOENT' });
  assert.equal(await readFile(certificate, 'utf8'), pem);
  const ca = join(base, 'ca.crt');
  await writeFile(ca, authority.certificatePem);
  for (const purpose of ['sslserver', 'sslclient'])
    for (const address of machine.addresses) {
      const words = ['verify', '-x509_strict', '-purpose', purpose, '-verify_ip', address, '-CAfile', ca, certificate];
      assert.match(await openssl(...words), /node\.crt: OK/);
    }
  const hostname = ['verify', '-x509_strict', '-verify_hostname', 'demo-search-1', '-CAfile', ca, certificate];
  assert.match(await openssl(...hostname), /OK/);
  await assert.rejects(openssl('verify', '-verify_ip', '10.20.0.12', '-CAfile', ca, certificate), /mismatch/);
  const other = join(base, 'other.crt');
  await writeFile(other, (await makeAuthority('demo', nowMs)).certificatePem);
  await assert.rejects(openssl('verify', '-CAfile', other, certificate));
  const said = await openssl('x509', '-in', certificate, '-noout', '-text');
  assert.match(said, /X509v3 Key Usage: critical\s+Digital Signature\n/);
  assert.match(said, /CA:FALSE/);
  const read = new X509Certificate(pem);
  assert.ok(read.checkPrivateKey(createPrivateKey(await readFile(key, 'utf8'))));
  assert.ok(Math.abs(Date.parse(read.validTo) - (nowMs + 365 * dayMs)) < 2000);
});

test('an authority signs machines and no other authority: path length 0, and signing alone', async () => {
  const authority = await makeAuthority('demo', nowMs);
  const said = new X509Certificate(authority.certificatePem);
  assert.equal(said.ca, true);
  const ca = join(base, 'ca-2.crt');
  await writeFile(ca, authority.certificatePem);
  assert.match(await openssl('x509', '-in', ca, '-noout', '-text'), /CA:TRUE, pathlen:0[^]*Certificate Sign, CRL Sign/);
});

test('a request for another machine, address, key or signature is refused, and says what was asked for', async () => {
  const refused = (request: string, message: RegExp): Promise<void> =>
    assert.rejects(checkRequest(request, machine), { code: 'secure-request-refused', message });
  await refused(
    await ask({ ...machine, label: 'demo-search-2' }),
    /its subject is CN=demo-search-2; allowed is CN=demo-search-1/,
  );
  await refused(
    await ask({ ...machine, addresses: ['10.20.0.12', '127.0.0.1'] }),
    /its names is .*ip 10\.20\.0\.12.*; allowed is .*ip 10\.20\.0\.11/,
  );
  await refused(await ask({ ...machine, addresses: [...machine.addresses, '10.20.0.13'] }), /10\.20\.0\.13/);
  await refused('nothing', /no certificate request/);
  const names = 'subjectAltName=DNS:demo-search-1,IP:10.20.0.11,IP:127.0.0.1';
  const words = [
    'req',
    '-new',
    '-nodes',
    '-keyout',
    join(base, 'rsa.key'),
    '-subj',
    '/CN=demo-search-1',
    '-addext',
    names,
  ];
  await refused((await run('openssl', [...words, '-newkey', 'rsa:2048'])).stdout, /its key is RSA/);
  const request = await ask();
  const der = Buffer.from(request.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  // The last bytes are of the signature.
  der[der.length - 3] = (der[der.length - 3] ?? 0) ^ 1;
  const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${
    der
      .toString('base64')
      .match(/.{1,64}/g)
      ?.join('\n') ?? ''
  }\n-----END CERTIFICATE REQUEST-----\n`;
  await refused(forged, /its signature is wrong/);
});

test('a certificate for another key is not put in place, and the one in use stays', async () => {
  const authority = await makeAuthority('demo', nowMs);
  const first = await signCertificate(authority, await checkRequest(await ask(), machine), { nowMs });
  await sh(certificateScript(layout, first));
  const key = await readFile(join(base, 'understudy/node.key'), 'utf8');
  const earlier = await signCertificate(authority, await checkRequest(await ask(), machine), { nowMs });
  await ask();
  await assert.rejects(sh(certificateScript(layout, earlier)), { code: 4 });
  assert.equal(await readFile(join(base, 'understudy/node.crt'), 'utf8'), first);
  assert.equal(await readFile(join(base, 'understudy/node.key'), 'utf8'), key);
});

test('the key of an authority with a passphrase is opened with it alone', async () => {
  const passphrase = new Secret('a passphrase of somebody');
  const authority = await makeAuthority('demo', nowMs, passphrase);
  assert.match(authority.keyPem.reveal(), /^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
  const request = await checkRequest(await ask(), machine);
  const pem = await signCertificate(authority, request, { nowMs, passphrase });
  assert.ok(new X509Certificate(pem).verify(new X509Certificate(authority.certificatePem).publicKey));
  for (const wrong of [undefined, new Secret('another')])
    await assert.rejects(signCertificate(authority, request, { nowMs, passphrase: wrong }), {
      code: 'secure-passphrase',
    });
});

test('a certificate is renewed at two thirds of its life, for other addresses, and after its authority was exchanged; not for another system', async () => {
  const [authority, next] = [await makeAuthority('demo', nowMs), await makeAuthority('demo', nowMs)];
  const pem = await signCertificate(authority, await checkRequest(await ask(), machine), { nowMs });
  const own = { bundlePem: authority.certificatePem, signerPem: authority.certificatePem };
  const at = (days: number) => certificateState(pem, machine, own, nowMs + days * dayMs);
  // Valid from a day before: 366 days.
  assert.deepEqual(
    [at(0), at(242)].map(({ state }) => state),
    ['current', 'current'],
  );
  const due = at(244);
  assert.ok(due.state === 'due' && /^ends on 20/.test(due.reason), JSON.stringify(due));
  const over = at(400);
  assert.ok(over.state === 'due' && /^has ended on 20/.test(over.reason));
  const moved = certificateState(pem, { ...machine, addresses: ['10.20.0.99', '127.0.0.1'] }, own, nowMs);
  assert.ok(moved.state === 'due' && /is for .*10\.20\.0\.11.* instead of .*10\.20\.0\.99/.test(moved.reason));
  const others = { bundlePem: next.certificatePem, signerPem: next.certificatePem };
  assert.deepEqual(certificateState(pem, machine, others, nowMs), { state: 'foreign', issuer: 'CN=Authority of demo' });
  const both = { bundlePem: next.certificatePem + authority.certificatePem, signerPem: next.certificatePem };
  assert.deepEqual(certificateState(pem, machine, both, nowMs), {
    state: 'due',
    reason: "is of the system's former authority",
  });
  assert.equal(certificateState('rubbish', machine, own, nowMs).state, 'due');
});
