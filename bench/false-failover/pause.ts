// An engine stopped for an exact time and then continued, by the machine itself: commands over SSH would lengthen short pauses.
import { type Fault, scriptFault, unitPids, type TargetRole } from '../../packages/understudy/src/drills/index.ts';

const pauseUnit = 'understudy-bench-pause';
const program = '/run/understudy-bench-pause.sh';
/** Says how many processes were stopped, while they are. */
const evidence = '/run/understudy-bench-pause';

export function pauseFor(pauseS: number, target: TargetRole): Fault {
  return scriptFault({
    name: `pause-${pauseS}s`,
    standsFor: `an engine whose processes are stopped for ${pauseS} s and then continued: a long garbage collection, a migrated machine`,
    doesNotMeasure: ['a machine whose kernel is stopped too'],
    target,
    breaksQuorum: false,
    lasting: false,
    scripts: ({ system }) => {
      const { engine } = system.units;
      const states = `{ for p in $(${unitPids(engine)}); do sed 's/^.*) //' /proc/$p/stat | cut -c1; done; }`;
      return {
        inject: [
          `cat > ${program} <<'PROGRAM'`,
          `systemctl kill --signal=SIGSTOP ${engine}`,
          `${states} | sort | uniq -c > ${evidence}`,
          `sleep ${pauseS}`,
          `systemctl kill --signal=SIGCONT ${engine}`,
          'PROGRAM',
          `rm -f ${evidence}; systemd-run --quiet --collect --unit=${pauseUnit} /bin/sh ${program}`,
        ].join('\n'),
        // Every process was stopped: one line, and it says T.
        effective: `s=$(cat ${evidence} 2>/dev/null); echo "states:" $s; [ "$(echo "$s" | wc -l)" = 1 ] && echo "$s" | grep -q ' T$'`,
        undo:
          `systemctl stop ${pauseUnit}.service 2>/dev/null; systemctl kill --signal=SIGCONT ${engine}; ` +
          `rm -f ${program} ${evidence}`,
        undone: `n=$(${states} | grep -c T); echo "$n processes stopped"; [ "$n" = 0 ]`,
      };
    },
  });
}
