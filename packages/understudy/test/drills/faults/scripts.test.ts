import assert from 'node:assert/strict';
import { test } from 'node:test';
import { armScript, disarmScript, renewScript } from '../../../src/drills/faults/dead-man.ts';
import { addRules, deleteRules, drillRules } from '../../../src/drills/faults/network.ts';
import { parseState, leftovers, stateScript } from '../../../src/drills/run/machine-state.ts';

test('the dead-man timer is armed with its script, and replaces an older one', () => {
  assert.equal(
    armScript(20_000),
    `set -e
mkdir -p /run/understudy-drill
cat > /run/understudy-drill/undo.sh
systemctl stop understudy-drill-undo.timer understudy-drill-undo.service 2>/dev/null || true
systemctl reset-failed understudy-drill-undo.service 2>/dev/null || true
systemd-run --quiet --unit=understudy-drill-undo --on-active=20s --timer-property=AccuracySec=100ms /bin/sh -c '/bin/sh /run/understudy-drill/undo.sh && rm -rf /run/understudy-drill'`,
  );
});

test('a heartbeat restarts the timer and fails when the timer does not exist', () => {
  assert.equal(
    renewScript,
    'systemctl is-active --quiet understudy-drill-undo.timer && systemctl restart understudy-drill-undo.timer',
  );
});

test('disarming removes the timer and the script and nothing else', () => {
  assert.equal(
    disarmScript,
    `systemctl stop understudy-drill-undo.timer understudy-drill-undo.service 2>/dev/null || true
systemctl reset-failed understudy-drill-undo.service 2>/dev/null || true
rm -rf /run/understudy-drill`,
  );
});

test('a partition is a separate table that accepts SSH, drops only packets of the peers, and counts them', () => {
  assert.equal(
    drillRules({ peers: ['10.20.0.12', '10.20.0.13'], direction: 'both', percent: 100 }),
    `table inet understudy_drill {
  chain input {
    type filter hook input priority -150; policy accept;
    tcp dport 22 accept
    tcp sport 22 accept
    ip saddr { 10.20.0.12, 10.20.0.13 } counter drop
  }
  chain output {
    type filter hook output priority -150; policy accept;
    tcp dport 22 accept
    tcp sport 22 accept
    ip daddr { 10.20.0.12, 10.20.0.13 } counter drop
  }
}
`,
  );
});

test('a one-way partition has one chain; packet loss drops a share of the packets', () => {
  const inward = drillRules({ peers: ['10.20.0.12'], direction: 'in', percent: 100 });
  assert.ok(inward.includes('chain input') && !inward.includes('chain output'));
  const outward = drillRules({ peers: ['10.20.0.12'], direction: 'out', percent: 100 });
  assert.ok(outward.includes('chain output') && !outward.includes('chain input'));
  assert.match(
    drillRules({ peers: ['10.20.0.12'], direction: 'in', percent: 5 }),
    /ip saddr \{ 10\.20\.0\.12 \} numgen random mod 100 < 5 counter drop/,
  );
});

test('rules are replaced in one transaction and deleted by the name of their table', () => {
  const script = addRules({ peers: ['10.20.0.12'], direction: 'in', percent: 100 });
  assert.ok(
    script.includes("nft -f - <<'RULES'\ntable inet understudy_drill\ndelete table inet understudy_drill\ntable inet"),
  );
  assert.equal(deleteRules, 'nft delete table inet understudy_drill 2>/dev/null || true');
  assert.ok(!script.includes('flush'));
});

test('what a drill could leave behind is found in the state of a machine', () => {
  const facts = parseState(
    'nft tables\ttable inet understudy_drill\nfailed units\t\ndrill timer\tactive\ndrill files\t/run/understudy-drill\n' +
      'drop-ins of elasticsearch.service\t/run/systemd/system/elasticsearch.service.d/understudy-drill.conf\n',
  );
  assert.deepEqual(leftovers([{ machine: 'search-1', facts }]), [
    'search-1 still has the nft table understudy_drill, /run/understudy-drill, the timer understudy-drill-undo, ' +
      'a drop-in that holds back a restart of an earlier drill',
  ]);
  assert.deepEqual(leftovers([{ machine: 'search-1', facts: parseState('nft tables\ttable inet filter\n') }]), []);
});

test('the observation of a machine changes nothing on it', () => {
  const script = stateScript('elasticsearch.service', '/var/lib/elasticsearch');
  assert.doesNotMatch(script, /systemctl (start|stop|restart|kill|set)|nft (add|delete|flush)|rm |> \//);
});
