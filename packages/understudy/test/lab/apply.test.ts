// A whole system on real machines: built from nothing, drifted by hand, repaired, killed half-way, destroyed.
// Needs root, and no lab on this host.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSession, resolveIntent, type Session } from '../../src/operation/session.ts';
import { silentLogger } from '@understudy/foundation';
import { labDown, labEndpoint, labPowerCut, labUp } from '@understudy/lab';
import { apply, destroy, plan, confirmUnlessDestructive } from '../../src/reconcile/index.ts';
import { keptConsolePassword, type Intent } from '../../src/operation/index.ts';
import { observe, observeObjects, targetOf } from '../../src/observe/index.ts';
import type { Status } from '../../src/status/index.ts';
import { whyWithout } from '../../../lab/test/openapi/specification.ts';
import { checkTraffic } from '../../../lab/test/lab/checked-traffic.ts';
import { accepts } from './accepts.ts';
import { printedOn } from './on-machine.ts';
import { useOwnDirectories } from './own-directories.ts';
import { printedForHostUser, readableSecrets } from './host-user.ts';
import { toolLogin } from './tool-login.ts';

const topologyText = `
name: demo
region: us-ord
access: { adminNetworks: [198.18.0.1/32] }
search:
  version: 9.5.3
  security: on
  heap: 512m
  index: { name: documents, shards: 3 }
service:
  environment: { PLANTED: planted-in-the-environment }
  secrets: { API_KEY: ./api-key }
balancer:
  listeners: [{ port: 80, protocol: http }, { port: 443, protocol: https, certificate: self-signed }]
`;
const inEnvironment = 'planted-in-the-environment';
const inFile = 'planted-key-of-the-service';

const traffic = checkTraffic();
let base = '';
let session: Session;
let intent: Intent;
let status: Status;

before(async () => {
  const own = await useOwnDirectories();
  base = own.base;
  await labUp({ cacheDirectory: own.cache, logger: silentLogger });
  const topologyPath = path.join(base, 'topology.yaml');
  await writeFile(topologyPath, topologyText);
  await writeFile(path.join(base, 'api-key'), `${inFile}\n`, { mode: 0o600 });
  session = await openSession({ topologyPath, target: 'lab', logger: silentLogger });
  intent = await resolveIntent(session);
});

after(async () => {
  await session[Symbol.asyncDispose]();
  await labDown({ logger: silentLogger });
  await rm(base, { recursive: true, force: true });
});

async function stepsNow(): Promise<string[]> {
  const { steps, obstacles } = plan(intent, await observe(session.world, intent.topology));
  assert.deepEqual(obstacles, []);
  return steps.map(({ id }) => id).sort();
}

async function on(label: string, script: string): Promise<string> {
  return await printedOn(session.world, 'demo', label, script);
}

/** A line from the middle of the tool's own SSH key. */
async function ownPrivateKeyLine(): Promise<string> {
  const lines = (await readFile(path.join(base, 'config/understudy/ssh/id_ed25519'), 'utf8')).split('\n');
  const middle = lines[2] ?? '';
  assert.ok(middle.length > 20);
  return middle;
}

/**
 * Where a secret is to be seen on a machine by others than root: as it is, or in base64. The patterns go in by stdin, since a
 * command line with them would itself be a leak.
 */
async function leaksOn(label: string, secrets: readonly string[]): Promise<string[]> {
  const { instances } = await observeObjects(session.world.linode, 'demo');
  const instance = instances.find((candidate) => candidate.label === label);
  assert.ok(instance, label);
  const encoded = (secret: string, offset: number) =>
    Buffer.from(`${' '.repeat(offset)}${secret}`)
      .toString('base64')
      .slice(4, -4);
  const patterns = secrets.flatMap((secret) => [secret, ...[0, 1, 2].map((offset) => encoded(secret, offset))]);
  const script = `set -u
umask 077
patterns=/run/planted-patterns; cat > $patterns
{ journalctl --no-pager -o cat | grep -qFf $patterns && echo journal
ps axww -o args= | grep -v grep | grep -qFf $patterns && echo 'process list'
grep -rlFf $patterns /var/lib/cloud /run/cloud-init /var/log 2>/dev/null | sed 's/^/cloud-init or log /'
find / -xdev -type f -perm -o=r -size -2000k -not -path '/proc/*' -not -path '/sys/*' -not -path '/usr/[bls][iha]*' -print0 2>/dev/null |
  xargs -0 grep -lFf $patterns 2>/dev/null | sed 's/^/file /'
} | grep -v '/var/log/journal/' | sort -u
rm -f $patterns`;
  const ran = await session.world.runner.run(targetOf(instance), ['sh', '-c', script], { stdin: patterns.join('\n') });
  assert.equal(ran.code, 0, ran.stderr);
  return ran.stdout.split('\n').filter((line) => line !== '');
}

function publicAddress(label: string): string {
  return status.machines.find(({ name }) => name === label)?.addresses.public ?? '';
}

async function getUntrusted(url: string): Promise<string> {
  const headers = toolLogin(session);
  const sent = request(url, { rejectUnauthorized: false, timeout: 10_000, headers }).end();
  const [answer] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  return Buffer.concat(await answer.toArray()).toString();
}

describe('apply on real machines', { timeout: 1_800_000 }, () => {
  it('builds the system from nothing and ends with a healthy verdict', async () => {
    ({ status } = await apply(session.world, intent, { confirm: confirmUnlessDestructive }));
    assert.equal(status.verdict, 'healthy');
    assert.equal(status.cluster.health?.status, 'green');
    assert.deepEqual(status.cluster.voting, ['demo-search-1', 'demo-search-2', 'demo-search-3']);
  });

  it('leaves nothing to do, and no initial masters in any settings file', async () => {
    assert.deepEqual(await stepsNow(), []);
    for (const label of ['demo-search-1', 'demo-search-2', 'demo-search-3']) {
      assert.equal(await on(label, 'grep -c initial_master /etc/elasticsearch/elasticsearch.yml || true'), '0\n');
    }
  });

  it('serves the written documents, over HTTP and over HTTPS', async () => {
    const [http = '', https = ''] = status.balancer.urls;
    const written = await fetch(`${http}/index`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...toolLogin(session) },
      body: JSON.stringify({ id: 'one', data: { content: 'an understudy learns the part' } }),
    });
    assert.equal(written.status, 201, await written.text());
    await sleep(1500);
    assert.match(await getUntrusted(`${https}/search?q=understudy`), /"_id":"one"/);
  });

  it('is reachable only from the admin networks, and there only over SSH', async () => {
    const ports = [22, 9200, 9300].map((port) => accepts(publicAddress('demo-search-1'), port));
    assert.deepEqual(await Promise.all(ports), [true, false, false]);
    const { port } = intent.topology.service;
    assert.equal(await accepts(publicAddress('demo-service-1'), port), false);
    const asked = `curl -s -m 2 -o /dev/null http://10.20.0.31:${port}/healthz && echo open || echo closed`;
    assert.equal(await on('demo-search-1', asked), 'closed\n');
    assert.equal(await on('demo-service-1', 'stat -c %a:%U /etc/understudy/service.env'), '600:root\n');
  });

  it('answers nobody in plain text, nobody without a password, and the service only for its index', async () => {
    const code = "curl -s -m 5 -o /dev/null -w '%{http_code} '";
    const engine = 'https://10.20.0.11:9200';
    assert.equal(await on('demo-service-1', `${code} http://10.20.0.11:9200/ || true`), '000 ');
    const known = '. /etc/understudy/service.env; ca="--cacert $ES_CA"; login="-u $ES_USERNAME:$ES_PASSWORD"';
    const asked = async (words: string): Promise<string> =>
      (await on('demo-service-1', `${known}; ${code} ${words} || true`)).trim();
    assert.equal(await asked(`${engine}/`), '000', 'a certificate that the caller does not know');
    for (const where of ['/', '/_search', '/documents/_search', '/_cluster/settings', '/_nodes', '/_security/user'])
      assert.equal(await asked(`$ca ${engine}${where}`), '401', `without a password: ${where}`);
    for (const password of ['', 'elastic', 'changeme', 'admin'])
      assert.equal(await asked(`$ca -u elastic:${password} ${engine}/`), '401', `elastic:${password}`);
    const withLogin = (words: string, where: string): Promise<string> => asked(`$ca $login ${words} ${engine}${where}`);
    assert.equal(await withLogin('', '/documents/_search'), '200');
    const put = (body: string): string => `-X PUT -H content-type:application/json -d '${body}'`;
    const refused = [
      ['-X DELETE', '/documents'],
      ['-X PUT', '/another'],
      ['', '/.security/_search'],
      ['', '/_security/user'],
      [put('{"persistent":{"indices.recovery.max_bytes_per_sec":"1mb"}}'), '/_cluster/settings'],
      ['-X POST', '/_nodes/reload_secure_settings'],
      [put('{"password":"of-my-own","roles":["superuser"]}'), '/_security/user/mine'],
    ] as const;
    for (const [words, where] of refused) assert.equal(await withLogin(words, where), '403', `${words} ${where}`);
    // Between nodes: a caller without a certificate of this authority gets no answer, a node is told that it speaks HTTP.
    const transport = 'curl -s -m 5 --http0.9 -k $key https://10.20.0.11:9300/ || true';
    const pair = '/etc/elasticsearch/understudy/node';
    assert.equal(await on('demo-search-2', `key=; ${transport}`), '');
    assert.match(
      await on('demo-search-2', `key="--cert ${pair}.crt --key ${pair}.key"; ${transport}`),
      /not an HTTP port/,
    );
  });

  it('lets root in at the console by the password that is kept here, and nobody by a password over SSH', async () => {
    const password = await keptConsolePassword('lab-demo');
    assert.ok(password);
    const check = 'chomp(my $p = <STDIN>); my $h = (getpwnam("root"))[1]; print crypt($p, $h) eq $h ? "yes" : "no"';
    for (const label of ['demo-search-2', 'demo-service-1']) {
      const { instances } = await observeObjects(session.world.linode, 'demo');
      const instance = instances.find((one) => one.label === label);
      assert.ok(instance);
      const ask = async (stdin: string): Promise<string> =>
        (await session.world.runner.run(targetOf(instance), ['perl', '-e', check], { stdin })).stdout;
      assert.deepEqual([await ask(password.reveal()), await ask('another')], ['yes', 'no']);
      assert.match(await on(label, 'sshd -T | grep -i passwordauthentication'), /^passwordauthentication no$/m);
    }
    assert.equal(await on('demo-search-1', 'cat /proc/swaps | wc -l'), '1\n', 'no swap');
  });

  const allSecrets = async (): Promise<string[]> => {
    const token = (await labEndpoint()).token.reveal();
    const accounts = Object.values(session.security?.accounts ?? {}).map(({ password }) => password.reveal());
    assert.equal(accounts.length, 3);
    const atConsole = (await keptConsolePassword('lab-demo'))?.reveal() ?? '';
    const secrets = [inEnvironment, inFile, token, await ownPrivateKeyLine(), ...accounts, atConsole];
    assert.ok(secrets.every((secret) => secret.length > 10));
    return secrets;
  };

  it("keeps secrets from the journal, process lists, cloud-init's files and files that others may read", async () => {
    const secrets = await allSecrets();
    for (const label of ['demo-search-1', 'demo-service-1']) {
      assert.deepEqual(await leaksOn(label, secrets), [], label);
    }
    const environment = await on('demo-service-1', 'cat /etc/understudy/service.env');
    assert.match(environment, new RegExp(`^API_KEY="${inFile}"$`, 'm'));
    // The search finds what is there to be found.
    await on('demo-service-1', `echo ${inFile} > /var/lib/planted; logger ${inEnvironment}`);
    assert.deepEqual(await leaksOn('demo-service-1', secrets), ['file /var/lib/planted', 'journal']);
    await on('demo-service-1', 'rm /var/lib/planted');
  });

  it("tells a machine's ordinary user no secret by its metadata and user data, which every process there may read", async () => {
    const secrets = await allSecrets();
    const ask = `base=http://169.254.169.254/v1
token=$(curl -sf -X PUT -H "Metadata-Token-Expiry-Seconds: 60" $base/token) || exit 3
for part in instance network ssh-keys user-data; do curl -sf -H "Metadata-Token: $token" $base/$part || exit 4; echo; done`;
    for (const label of ['demo-search-1', 'demo-service-1']) {
      const lines = (await on(label, `runuser -u nobody -- sh -c '${ask}'`)).trim().split('\n');
      const userData = Buffer.from(lines.at(-1) ?? '', 'base64').toString();
      assert.match(userData, /^#cloud-config/, label);
      assert.match(lines.join('\n'), new RegExp(label));
      const told = `${lines.join('\n')}\n${userData}`;
      assert.deepEqual(
        secrets.filter((secret) => told.includes(secret)),
        [],
        label,
      );
      assert.doesNotMatch(told, /PRIVATE KEY/);
    }
  });

  it('shows no secret to an ordinary user of the host, and gives him no way in', async () => {
    const { apiUrl, controlUrl, pid } = await labEndpoint();
    const secrets = await allSecrets();
    const folders = [base, '/run', '/tmp', '/var/tmp', '/var/log'];
    assert.deepEqual(await readableSecrets('host user', secrets, folders), []);
    // The search finds what is there to be found.
    const kept = await readableSecrets('root', secrets, [path.join(base, 'run'), path.join(base, 'config')]);
    for (const place of ['run/endpoint.json', 'config/understudy/ssh/id_ed25519']) {
      assert.ok(kept.includes(path.join(base, place)), place);
    }
    const statusOf = (words: string): Promise<string> =>
      printedForHostUser(`curl -s --noproxy '*' -m 5 -o /dev/null -w '%{http_code}' ${words}`);
    const login = '-o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -F /dev/null';
    assert.deepEqual(
      {
        api: await statusOf(`${apiUrl}/linode/instances`),
        'control of the lab': await statusOf(`-X POST ${controlUrl}/reset`),
        metadata: await statusOf('-X PUT http://198.18.0.1:18401/v1/token'),
        'SSH, without a key': await printedForHostUser(
          `ssh ${login} root@${publicAddress('demo-search-1')} id 2>&1 | tail -n 1`,
        ),
        'what the host routes to the lab': await printedForHostUser('ip route show dev us-host | cut -d " " -f 1'),
        'the network of the machines': await printedForHostUser('ip netns exec understudy true || echo refused'),
        'the daemon, killed': await printedForHostUser(`kill -9 ${pid} || echo refused`),
      },
      {
        ...{ api: '401', 'control of the lab': '401', metadata: '404' },
        'SSH, without a key': `root@${publicAddress('demo-search-1')}: Permission denied (publickey).`,
        // Of the VPC nothing: the engine and the service have no address that the host reaches.
        'what the host routes to the lab': '198.18.0.0/16',
        ...{ 'the network of the machines': 'refused', 'the daemon, killed': 'refused' },
      },
    );
    assert.equal((await fetch(`${apiUrl}/regions`)).status, 200, 'what needs no token answers');
  });

  it('names each drift exactly and repairs it', async () => {
    const { linode } = session.world;
    const [firewall] = await linode.firewalls.list({ label: 'demo-search' });
    assert.ok(firewall);
    const { inbound, ...rest } = firewall.rules;
    await linode.firewalls.rules.update(firewall.id, { ...rest, inbound: inbound.slice(0, -1) } as never);
    const [balancer] = await linode.nodeBalancers.list({ label: 'demo-balancer' });
    const [config] = await linode.nodeBalancers.configs.list(balancer?.id ?? 0);
    await linode.nodeBalancers.configs.update(balancer?.id ?? 0, config?.id ?? 0, { check_interval: 30 });
    const edit = 'echo "node.attr.rack: r1" >> /etc/elasticsearch/elasticsearch.yml';
    await on('demo-search-2', `${edit}; sysctl -q -w net.ipv4.tcp_retries2=15`);
    await on('demo-search-3', `${edit}; systemctl restart elasticsearch`);
    await on('demo-service-1', 'systemctl stop understudy-service');
    const expected = [
      `demo-balancer/listener-${config?.port ?? 0}`,
      'demo-search-2/files',
      'demo-search-2/kernel',
      'demo-search-3/files',
      'demo-search-3/restart',
      'demo-search/update',
      'demo-service-1/service',
    ];
    assert.deepEqual(await stepsNow(), expected.sort());
    const { done } = await apply(session.world, intent, { confirm: confirmUnlessDestructive });
    assert.deepEqual(done.map(({ id }) => id).sort(), expected.sort());
    assert.deepEqual(await stepsNow(), []);
  });

  it('boots a machine whose power was cut, and changes nothing else', async () => {
    await labPowerCut('demo-service-2');
    assert.deepEqual(await stepsNow(), ['demo-service-2/boot', 'demo-service-2/wait']);
    await apply(session.world, intent, { confirm: confirmUnlessDestructive });
    assert.deepEqual(await stepsNow(), []);
  });

  it('creates a lost search machine again, which joins the existing cluster', async () => {
    const { instances } = await observeObjects(session.world.linode, 'demo');
    const lost = instances.find(({ label }) => label === 'demo-search-3');
    await session.world.linode.instances.delete(lost?.id ?? 0);
    await session.world.linode.waitForStatus(lost?.id ?? 0, ['gone']);
    const healed = await apply(session.world, intent, { confirm: confirmUnlessDestructive });
    assert.equal(healed.status.verdict, 'healthy');
    const [http = ''] = healed.status.balancer.urls;
    assert.match(
      await (await fetch(`${http}/search?q=understudy`, { headers: toolLogin(session) })).text(),
      /"_id":"one"/,
    );
  });

  it('destroys everything', async () => {
    await destroy(session.world, 'demo');
    const left = await observeObjects(session.world.linode, 'demo');
    assert.deepEqual(Object.values(left).flat(), []);
  });

  it('converges after kill -9 at three moments of an apply', async () => {
    const cli = path.resolve(import.meta.dirname, '../../src/cli/main.ts');
    const topologyPath = path.join(base, 'topology.yaml');
    for (const afterMs of [2500, 9000, 20_000]) {
      const args = ['--conditions=understudy-source', cli, 'apply', topologyPath, '--target', 'lab', '--yes'];
      const child = spawn(process.execPath, args, { stdio: 'ignore', cwd: base });
      await sleep(afterMs);
      assert.equal(child.exitCode, null, `apply ended within ${afterMs} ms`);
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const again = await apply(session.world, intent, { confirm: confirmUnlessDestructive });
    assert.equal(again.status.verdict, 'healthy');
    assert.deepEqual(await stepsNow(), []);
    const { instances } = await observeObjects(session.world.linode, 'demo');
    assert.equal(instances.length, 5);
  });

  it("sent and received only what is in Linode's OpenAPI file", { skip: traffic ? false : whyWithout }, () => {
    assert.ok((traffic?.exchanges() ?? 0) > 200, `${traffic?.exchanges()} exchanges`);
    assert.deepEqual(traffic?.unexplained(), []);
  });
});
