// The apt repository: its index files as text, and a complete one checked by the host's own tools.
import { deepEqual, equal, match } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { silentLogger } from '@understudy/foundation';
import { runBuildCommand } from '../../src/cache/build-command.ts';
import { ensureRepository } from '../../src/engine/ensure-repository.ts';
import { packagesIndex, releaseFile } from '../../src/engine/repository-index.ts';

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

test('the Packages file has a stanza for each package', () => {
  const one = { control: 'Package: a\nVersion: 1\n', path: 'pool/main/a/a/a_1_amd64.deb', bytes: 3, sha256: 'aa' };
  const two = { control: 'Package: b\nVersion: 2', path: 'pool/main/b/b/b_2_amd64.deb', bytes: 4, sha256: 'bb' };
  equal(
    packagesIndex([one, two]),
    `Package: a
Version: 1
Filename: pool/main/a/a/a_1_amd64.deb
Size: 3
SHA256: aa

Package: b
Version: 2
Filename: pool/main/b/b/b_2_amd64.deb
Size: 4
SHA256: bb
`,
  );
});

test('the Release file has the checksums of its files', () => {
  equal(
    releaseFile(
      [{ path: 'main/binary-amd64/Packages', content: Buffer.from('abc') }],
      new Date('2026-11-24T07:00:00Z'),
    ),
    `Origin: Understudy lab
Label: Understudy lab
Suite: stable
Codename: stable
Date: Tue, 24 Nov 2026 07:00:00 UTC
Architectures: amd64
Components: main
Description: Search engines for the machines of the lab
SHA256:
 ${sha256('abc')} 3 main/binary-amd64/Packages
`,
  );
});

test('a repository has the package, a correct index and a signature that its key verifies, and leaves no process', async (t) => {
  const missing = await Promise.all(
    ['gpg', 'dpkg-deb', 'gpgv'].map((tool) =>
      access(`/usr/bin/${tool}`).then(
        () => '',
        () => tool,
      ),
    ),
  );
  if (missing.some((tool) => tool !== '')) return t.skip(`not installed: ${missing.join(' ')}`);
  const cacheDir = await mkdtemp(join(tmpdir(), 'understudy-repo-'));
  t.after(() => rm(cacheDir, { recursive: true, force: true }));
  const tree = join(cacheDir, 'tree');
  await mkdir(join(tree, 'DEBIAN'), { recursive: true });
  const control =
    'Package: probe\nVersion: 1.0\nArchitecture: amd64\nMaintainer: x <x@x.invalid>\nDescription: probe\n';
  await writeFile(join(tree, 'DEBIAN/control'), control);
  const file = join(cacheDir, 'probe_1.0_amd64.deb');
  await runBuildCommand(['dpkg-deb', '--root-owner-group', '--build', tree, file]);

  const packages = [{ engine: 'probe', file }];
  const repository = await ensureRepository({ cacheDir, packages, logger: silentLogger });
  const at = (path: string): string => join(repository.directory, path);
  const deb = await readFile(at('pool/main/p/probe/probe_1.0_amd64.deb'));
  const index = await readFile(at('dists/stable/main/binary-amd64/Packages'), 'utf8');
  equal(
    index,
    packagesIndex([{ control, path: 'pool/main/p/probe/probe_1.0_amd64.deb', bytes: deb.length, sha256: sha256(deb) }]),
  );
  deepEqual(gunzipSync(await readFile(at('dists/stable/main/binary-amd64/Packages.gz'))).toString(), index);
  match(await readFile(at(repository.keyPath), 'utf8'), /^-----BEGIN PGP PUBLIC KEY BLOCK-----/);

  const keyring = join(cacheDir, 'key.gpg');
  await runBuildCommand(['gpg', '--batch', '--quiet', '--yes', '--output', keyring, '--dearmor', at('key.asc')]);
  await runBuildCommand(['gpgv', '--keyring', keyring, at('dists/stable/InRelease')]);
  await runBuildCommand(['gpgv', '--keyring', keyring, at('dists/stable/Release.gpg'), at('dists/stable/Release')]);
  match(
    await readFile(at('dists/stable/Release'), 'utf8'),
    new RegExp(` ${sha256(index)} ${index.length} main/binary-amd64/Packages\n`),
  );

  const again = await ensureRepository({ cacheDir, packages, logger: silentLogger });
  deepEqual(again, repository, 'the same packages give the same folder and key');
  const agents = await runBuildCommand([
    'sh',
    '-c',
    'ps -eo stat=,args= | grep -v "^Z" | grep -F "$1" | grep -v grep || true',
    'sh',
    cacheDir,
  ]);
  equal(agents, '', 'no agent of GnuPG is left running');
});
