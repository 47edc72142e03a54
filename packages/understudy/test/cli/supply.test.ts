// An engine that the target cannot supply is refused by `plan` and `apply` before anything is made: the real program against a
// lab's daemon over simulated hardware. Only Maven Central is simulated.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { resolveTarget, type Target } from '../../src/operation/index.ts';
import { checkSupply } from '../../src/operation/supply-check.ts';
import { parseTopology } from '../../src/topology/index.ts';
import { labEndpoint } from '@understudy/lab';
import { sampleText } from '../simulation/sample-intent.ts';
import { simulatedLab, type SimulatedLab } from './simulated-lab.ts';

let lab: SimulatedLab;

/** A Maven Central with two versions of each engine, whose jars cannot be fetched. */
const maven = `#!/bin/sh
for word; do case $word in -Dmaven.repo.local=*) repository=\${word#*=} ;; esac; done
[ -n "\${repository:-}" ] || { sleep 2; echo 'no route to the jars' >&2; exit 1; }
for artifact in elasticsearch plugin/transport-netty4 plugin/x-pack-core plugin/x-pack-security; do
  mkdir -p "$repository/org/elasticsearch/$artifact"
  echo '<metadata><version>8.19.21</version><version>9.5.3</version></metadata>' > "$repository/org/elasticsearch/$artifact/maven-metadata-central.xml"
done
for artifact in opensearch plugin/transport-netty4-client plugin/opensearch-security; do
  mkdir -p "$repository/org/opensearch/$artifact"
  case $artifact in *security) more= ;; *) more='<version>3.5.0</version>' ;; esac
  echo "<metadata><version>2.19.4</version><version>3.4.0</version>$more</metadata>" > "$repository/org/opensearch/$artifact/maven-metadata-central.xml"
done
`;

before(async () => {
  lab = await simulatedLab(maven);
});

after(() => lab.stop());

/** What the region holds now. */
async function held(): Promise<Record<string, number>> {
  const { controlUrl, token } = await labEndpoint(lab.places);
  const headers = { authorization: `Bearer ${token.reveal()}` };
  const counts = (await (await fetch(`${controlUrl}/status`, { headers })).json()) as Record<string, number>;
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

const asking = (search: string) => sampleText.replace('version: 9.5.3', search);

const refused = [
  {
    what: 'a version of OpenSearch without its security plugin',
    search: 'engine: opensearch\n  version: 3.5.0',
    pattern:
      /topology\.yaml:7 search\.version: saw 3\.5\.0; allowed in the lab one of 2\.19\.4, 3\.4\.0; .*its security plugin.*do: set 3\.4\.0/,
  },
  {
    what: 'a version that Maven Central does not have',
    search: 'version: 9.99.0',
    pattern:
      /topology\.yaml:6 search\.version: saw 9\.99\.0; allowed in the lab one of 8\.19\.21, 9\.5\.3; .*do: set 9\.5\.3/,
  },
  {
    what: 'a version that the lab cannot start',
    search: 'version: 8.2.0',
    pattern: /topology\.yaml:6 search\.version: saw 8\.2\.0; allowed 8\.18\.0 or later, in the lab/,
  },
];

for (const { what, search, pattern } of refused) {
  for (const words of [['plan'], ['apply', '--yes']]) {
    test(`${words[0] ?? ''} refuses ${what}, and nothing is made`, async () => {
      const { code, stderr } = await lab.run(words, asking(search));
      assert.match(stderr, pattern);
      assert.equal(code, 64);
      assert.deepEqual(await held(), {});
    });
  }
}

test('as JSON the refusal is the usual problem, with the field and the line', async () => {
  const { code, stderr } = await lab.run(['plan', '--json'], asking('version: 9.99.0'));
  const { error } = JSON.parse(stderr) as { error: { code: string; facts: { problems: object[] } } };
  assert.equal(code, 64);
  assert.equal(error.code, 'topology-invalid');
  assert.deepEqual(
    error.facts.problems.map((problem) => {
      const { field, line, saw } = problem as Record<string, unknown>;
      return { field, line, saw };
    }),
    [{ field: 'search.version', line: 6, saw: '9.99.0' }],
  );
});

test('warnings of plan and apply are printed for people and listed for programs', async () => {
  const topology = asking('version: 8.19.21').replace('shards: 3', 'shards: 3, durability: async');
  const { out } = await lab.run(['plan', '--json'], topology);
  const { warnings } = JSON.parse(out) as { warnings: Record<string, unknown>[] };
  const found = warnings.find(({ id }) => id === 'durability-async');
  assert.deepEqual(Object.keys(found ?? {}), ['id', 'field', 'line', 'column', 'saw', 'message', 'remedy']);
  assert.deepEqual([found?.['field'], found?.['line'], found?.['saw']], ['search.index.durability', 8, 'async']);
  const line = /^! line 8 search\.index\.durability: saw async; .* do: .* \[durability-async\]$/m;
  assert.match((await lab.run(['plan'], topology)).out, line);
  assert.match((await lab.run(['apply', '--yes'], topology)).stderr, line);
});

test('for a version that can be built, plan reports that apply builds it first', async () => {
  const { code, out } = await lab.run(['plan', '--json'], asking('version: 8.19.21'));
  assert.equal(code, 1);
  const { notices } = JSON.parse(out) as { notices: string[] };
  assert.match(notices.join('\n'), /elasticsearch 8\.19\.21 is not built here yet; apply builds its package first/);
});

test('an apply whose engine cannot be built creates no machine, prints the reason, and exits with unknown', async () => {
  const { code, stderr } = await lab.run(['apply', '--yes'], asking('version: 8.19.21'));
  assert.match(stderr, /could not make elasticsearch 8\.19\.21 ready; no machine was made\. .*no route to the jars/s);
  assert.match(stderr, /8\.19\.21: fetching the jars with Maven \(1 of 3\)/);
  assert.equal(code, 2);
  assert.deepEqual(await held(), {});
  assert.match(await readFile(join(lab.places.runDirectory, 'daemon.log'), 'utf8'), /8\.19\.21 could not be built/);
});

test('an engine without TLS and users is refused on Linode, naming the field', async (t) => {
  const search = { engine: 'elasticsearch', version: '9.5.3', security: 'off' } as const;
  const { supplies } = await onLinode(t);
  const supply = await supplies(search);
  assert.deepEqual([supply.state, 'part' in supply && supply.part], ['refused', 'security']);
  const path = 'topology.yaml';
  await assert.rejects(checkSupply({ supplies }, parseTopology(sampleText, { path }), path), {
    code: 'topology-invalid',
    message: /^topology\.yaml:7 search\.security: saw off; allowed on; .*deletes every document; do: remove the line/,
  });
});

async function onLinode(t: TestContext): Promise<Target> {
  const before = process.env['LINODE_TOKEN'];
  process.env['LINODE_TOKEN'] = 'never-sent';
  t.after(() => {
    if (before === undefined) delete process.env['LINODE_TOKEN'];
    else process.env['LINODE_TOKEN'] = before;
  });
  return await resolveTarget('linode');
}

test('on Linode a version counts as available when this tool supports its number', async (t) => {
  const { supplies } = await onLinode(t);
  for (const version of ['8.19.21', '9.5.3', '9.99.0'])
    assert.deepEqual(await supplies({ engine: 'elasticsearch', version, security: 'on' }), { state: 'ready' });
  assert.deepEqual(await supplies({ engine: 'opensearch', version: '3.4.0', security: 'on' }), { state: 'ready' });
  for (const version of ['7.17.0', '10.0.0', '9.5', 'latest']) {
    const supply = await supplies({ engine: 'elasticsearch', version, security: 'on' });
    assert.deepEqual([supply.state, 'part' in supply && supply.part], ['refused', 'version'], version);
  }
});
