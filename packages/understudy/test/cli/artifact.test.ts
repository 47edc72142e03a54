// What `plan` and `apply` refuse about an application of the user's, with machines of it in the region: the process ends, with the field,
// and nothing is changed.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { labEndpoint } from '@understudy/lab';
import { simulatedLab, type SimulatedLab } from './simulated-lab.ts';

const endsWithinMs = 60_000;
let lab: SimulatedLab;

/** A Maven Central that has the version; nothing is fetched from it here. */
const maven = `#!/bin/sh
for word; do case $word in -Dmaven.repo.local=*) repository=\${word#*=} ;; esac; done
for artifact in elasticsearch plugin/transport-netty4 plugin/x-pack-core plugin/x-pack-security; do
  mkdir -p "$repository/org/elasticsearch/$artifact"
  echo '<metadata><version>9.5.3</version></metadata>' > "$repository/org/elasticsearch/$artifact/maven-metadata-central.xml"
done
`;

before(async () => {
  lab = await simulatedLab(maven);
  for (const role of ['search', 'search', 'search', 'service', 'service']) await createMachine(role);
  await mkdir(join(lab.base, 'app'));
  await writeFile(join(lab.base, 'app/server.js'), '');
  await writeFile(join(lab.base, 'app/start'), '#!/bin/sh\n', { mode: 0o755 });
});

after(() => lab.stop());

const made: Record<string, number> = {};

/** A machine as `apply` makes it, without firewall or network: `plan` connects to it over SSH. */
async function createMachine(role: string): Promise<void> {
  const ordinal = (made[role] = (made[role] ?? 0) + 1);
  const { apiUrl, token } = await labEndpoint(lab.places);
  const answer = await fetch(`${apiUrl}/linode/instances`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token.reveal()}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      label: `demo-${role}-${ordinal}`,
      region: 'us-ord',
      type: role === 'search' ? 'g6-standard-4' : 'g6-standard-2',
      image: 'linode/debian13',
      root_pass: 'a-long-Password-1',
      tags: ['understudy:demo', 'demo', role],
    }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

const asking = (service: string): string =>
  `name: demo\nregion: us-ord\naccess: { adminNetworks: [198.18.0.1/32] }\nsearch: { version: 9.5.3 }\nservice: ${service}\n`;

for (const { what, service, pattern } of [
  {
    what: 'a missing directory',
    service: '{ artifact: ./nowhere, runtime: none, command: [./start] }',
    pattern: /topology\.yaml:5 service\.artifact: saw \S+\/nowhere; allowed a directory .*ENOENT/,
  },
  {
    what: 'a misspelt program',
    service: '{ artifact: ./app, runtime: none, command: [strat] }',
    pattern: /topology\.yaml:5 service\.command: saw strat; .*do: write start\?/,
  },
  {
    what: 'a placeholder that nothing is filled in for',
    service: '{ artifact: ./app, runtime: none, command: [./start, "{prot}"] }',
    pattern: /topology\.yaml:5 service\.command\.1: saw \{prot\}; allowed \{host\}, \{port\}, \{workers\}/,
  },
]) {
  for (const words of [['plan'], ['apply', '--yes']]) {
    test(`${words[0] ?? ''} refuses ${what} and ends`, { timeout: 90_000 }, async (t) => {
      const { code, stderr, tookMs } = await lab.run(words, asking(service), endsWithinMs);
      t.diagnostic(`${Math.round(tookMs)} ms`);
      assert.match(stderr, pattern);
      assert.equal(code, 64);
    });
  }
}
