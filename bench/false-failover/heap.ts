// A heap that is full: the engine of the target holds the unfinished bodies of large requests until its collector
// works without a pause. What the engine itself says of its heap goes to a file on the machine, for the result.
import { readFileSync } from 'node:fs';
import {
  type Fault,
  scriptFault,
  type DrillMachine,
  type SystemUnderTest,
  type TargetRole,
} from '../../packages/understudy/src/drills/index.ts';

const unit = 'understudy-bench-heap';
const program = '/run/understudy-bench-heap.py';
const samples = '/run/understudy-bench-heap.jsonl';
/** Full: this much of the heap in use, and this share of the time spent in the collector, seen together. */
const fullPercent = 85;
const thrashShare = 0.25;
/** Filling takes as long as the engine's collector lets it. */
const fillWithinS = 60;

export function heapPressure(target: TargetRole): Fault {
  const source = readFileSync(new URL('./heap-pressure.py', import.meta.url), 'utf8');
  return scriptFault({
    name: 'full-heap',
    standsFor:
      'a heap that is full: requests too large for the machine, and a garbage collector that runs without a pause',
    doesNotMeasure: ['an engine that ends because of it: it starts again, which is another fault'],
    target,
    breaksQuorum: false,
    lasting: false,
    scripts: ({ system }) => ({
      inject: [
        `cat > ${program} <<'PROGRAM'`,
        source.trimEnd(),
        'PROGRAM',
        `rm -f ${samples}`,
        `systemd-run --quiet --collect --unit=${unit} python3 ${program} ${system.topology.search.index.name} ${samples}`,
        `for i in $(seq ${fillWithinS}); do ${isFull} > /dev/null 2>&1 && break; sleep 1; done`,
      ].join('\n'),
      effective: isFull,
      undo: `systemctl stop ${unit}.service 2>/dev/null; rm -f ${program}`,
      undone: `if systemctl is-active --quiet ${unit}.service; then echo 'the heap is still being filled'; exit 1; fi; echo 'the heap is not being filled'`,
    }),
  });
}

/** Exit 0 once the heap has been full; prints what was seen. */
const isFull = `python3 -c '${[
  'import json, sys',
  'rows = [json.loads(line) for line in open(sys.argv[1])]',
  `full = [r for r in rows if r["heap_percent"] >= ${fullPercent} and r["gc_share"] >= ${thrashShare}]`,
  'last = (full or rows)[-1]',
  'print("heap %d %%, %d %% of the time in the collector" % (last["heap_percent"], last["gc_share"] * 100))',
  'sys.exit(0 if full else 1)',
].join('\n')}' ${samples}`;

/** What the engine said of its heap under pressure. */
export interface HeapFigures {
  readonly mostHeapPercent: number;
  /** Share of the time in the collector: the mean while the heap was full, and the most in any second. */
  readonly meanGcShare: number;
  readonly mostGcShare: number;
  readonly fullForS: number;
}

interface HeapSample {
  readonly at_s: number;
  readonly heap_percent: number;
  readonly gc_share: number;
  readonly for_s: number;
}

/** Takes the file away; null when there is none. */
export async function takeHeapFigures({ runner }: SystemUnderTest, machine: DrillMachine): Promise<HeapFigures | null> {
  const { stdout } = await runner.run(machine, ['sh', '-c', `cat ${samples} 2>/dev/null; rm -f ${samples}`], {
    timeoutMs: 15_000,
  });
  return heapFigures(stdout);
}

/** Of one JSON object a line; null when there is none. */
export function heapFigures(lines: string): HeapFigures | null {
  const all = lines
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as HeapSample);
  if (all.length === 0) return null;
  const full = all.filter((sample) => sample.heap_percent >= fullPercent);
  const fullForS = full.reduce((sum, sample) => sum + sample.for_s, 0);
  const inCollector = full.reduce((sum, sample) => sum + sample.gc_share * sample.for_s, 0);
  return {
    mostHeapPercent: Math.max(...all.map((sample) => sample.heap_percent)),
    meanGcShare: fullForS === 0 ? 0 : inCollector / fullForS,
    mostGcShare: Math.max(...all.map((sample) => sample.gc_share)),
    fullForS,
  };
}
