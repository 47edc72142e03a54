// What the image builder makes of the host's apt: mirrors, fetch settings, the image's sources.
import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import {
  codenameFrom,
  debianMirrors,
  fetchSettingLines,
  imageSources,
  parseIndexTargets,
} from '../../src/image/host-apt.ts';

const targets = `http://mirror.example/debian/|bookworm|bookworm|main
http://mirror.example/debian/|bookworm|bookworm|contrib
http://mirror.example/debian/|bookworm-updates|bookworm-updates|main
http://mirror.example/debian-security/|bookworm-security|bookworm-security|main
https://vendor.example/linux/debian/|bookworm|bookworm|stable
https://other.example/packages/|cloud-sdk-bookworm|$(CODENAME)|main
`;

test('index targets are read line by line, and a codename that apt does not know is absent', () => {
  deepEqual(parseIndexTargets('http://a.example/|stable|trixie|main\nhttp://b.example/|stable|$(CODENAME)|main\n'), [
    { uri: 'http://a.example/', suite: 'stable', codename: 'trixie', component: 'main' },
    { uri: 'http://b.example/', suite: 'stable', component: 'main' },
  ]);
});

test('the mirrors are those that carry the host release in main, updates and security beside it', () => {
  deepEqual(debianMirrors(parseIndexTargets(targets), 'bookworm'), {
    archive: 'http://mirror.example/debian/',
    updates: 'http://mirror.example/debian/',
    security: 'http://mirror.example/debian-security/',
  });
});

test('a suite called stable counts by its codename', () => {
  const found = debianMirrors(parseIndexTargets('http://a.example/|stable|trixie|main\n'), 'trixie');
  deepEqual(found, { archive: 'http://a.example/' });
});

test('a host whose sources do not carry its own release is refused', () => {
  throws(() => debianMirrors(parseIndexTargets('http://a.example/|noble|noble|main\n'), 'bookworm'), {
    code: 'lab-no-debian-mirror',
  });
});

test('settings that decide how packages are fetched are taken over, the rest is not', () => {
  const dump = `Acquire "";
Acquire::AllowInsecureRepositories "0";
Acquire::Check-Valid-Until "false";
Acquire::http "";
Acquire::http::Proxy "http://proxy.example:3128";
Acquire::https::Verify-Peer "true";
Acquire::Languages "";
Acquire::Languages:: "none";
Acquire::Retries "3";
`;
  deepEqual(fetchSettingLines(dump), [
    'Acquire::Check-Valid-Until "false";',
    'Acquire::http::Proxy "http://proxy.example:3128";',
    'Acquire::https::Verify-Peer "true";',
    'Acquire::Retries "3";',
  ]);
});

test('the codename is read from os-release, quoted or not, and empty where there is none', () => {
  equal(codenameFrom('ID=debian\nVERSION_CODENAME=bookworm\n'), 'bookworm');
  equal(codenameFrom('VERSION_CODENAME="trixie"\n'), 'trixie');
  equal(codenameFrom('ID=arch\n'), '');
});

test('the image is built from the same mirrors at its own release', () => {
  deepEqual(
    imageSources(
      { archive: 'http://a.example/d', updates: 'http://a.example/d', security: 'http://a.example/s' },
      'trixie',
    ),
    [
      'deb http://a.example/d trixie main',
      'deb http://a.example/d trixie-updates main',
      'deb http://a.example/s trixie-security main',
    ],
  );
  deepEqual(imageSources({ archive: 'http://a.example/d' }, 'trixie'), ['deb http://a.example/d trixie main']);
});
