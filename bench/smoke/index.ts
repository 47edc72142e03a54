// Does every bench start and print its tables? Those that need neither root nor the lab measure for a moment; the others print a
// small saved result. It judges no figure: the results in fixtures/ are examples, not measurements.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

interface SmokeRun {
  readonly bench: string;
  readonly args: readonly string[];
  /** What the output must contain. */
  readonly shows: RegExp;
  /** A bench ends with 1 or 2 when its goals are not met, which examples need not meet. */
  readonly codes: readonly number[];
}

const timeoutMs = 240_000;
const saved = (name: string): string => fileURLToPath(new URL(`fixtures/${name}.json`, import.meta.url));

const runs: readonly SmokeRun[] = [
  measured('overhead/overhead', ['--rounds', '1', '--calls', '500'], /cockatiel: retry, breaker +[\d.]+ us/),
  measured('overhead/login', ['--rounds', '1', '--requests', '160'], /^key +\d+ us/m),
  measured('overhead/http', ['--rounds', '1', '--requests', '256'], /official client over understudy +[\d.]+ us/),
  measured('gateway/overhead', ['--rounds', '1', '--requests', '500', '--seconds', '1'], /^gateway +\d+ +[\d.]+ +\d+/m),
  measured('plan/index', ['--machines', '5'], /│ +5 +│/),
  printed('failover/index', ['--from', saved('failover')], /search-power-cut \| stock/),
  printed('false-failover/index', ['--from', saved('false-failover')], /\| master \| stopped for 1 s/),
  printed('operations/index', ['--from', saved('operations')], /\| shrink-5-3 \| fast/),
  printed('releases/index', ['--from', saved('releases')], /\| article-flask \| releases \| 50 \| 2 \| 3560 \| 0 \|/),
  printed('clients/index', ['--print', saved('clients')], /search-stop/),
  printed('gateway-suites/index', ['--from', saved('gateway-suites')], /\| Curator \| 2 \| 1 \| 1 \| 0 \| 1 \| 0 \|/),
  printed('throughput/index', ['--from', saved('throughput')], /index +\| 64 +\| understudy/),
];

function measured(bench: string, args: readonly string[], shows: RegExp): SmokeRun {
  return { bench, args, shows, codes: [0] };
}

function printed(bench: string, args: readonly string[], shows: RegExp): SmokeRun {
  return { bench, args, shows, codes: [0, 1, 2] };
}

/** Undefined when the bench ended and printed as expected; otherwise what was wrong. */
async function problem({ bench, args, shows, codes }: SmokeRun): Promise<string | undefined> {
  const script = fileURLToPath(new URL(`../${bench}.ts`, import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code === null || !codes.includes(code)) return `exit code ${String(code)}: ${stderr.trim().slice(-500)}`;
  return shows.test(stdout) ? undefined : `${String(shows)} is not in its output:\n${stdout.slice(0, 500)}`;
}

for (const run of runs) {
  const startedMs = performance.now();
  const found = await problem(run);
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  console.log(`${found === undefined ? 'ok  ' : 'FAIL'} ${run.bench.padEnd(22)} ${seconds.padStart(6)} s`);
  if (found !== undefined) {
    console.log(`     ${found}`);
    process.exitCode = 1;
  }
}
