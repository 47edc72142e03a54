// A data disk that is full. One file fills it up to a reserve, so that the machine's journal and sshd keep working.
import type { Fault } from './fault.ts';
import { scriptFault } from './script-fault.ts';

const reserveMb = 48;
/** A bigger disk is not filled: it would take minutes, and it may be shared with others. */
const maxMb = 200_000;

const filling = scriptFault({
  name: 'disk-full',
  standsFor: 'a data disk that is full',
  doesNotMeasure: ['slow growth with time to react: here the disk is full within a second'],
  target: 'primary-holder',
  breaksQuorum: false,
  lasting: true,
  scripts: ({ system: { engineDataDirectory: directory } }) => {
    const file = `${directory}/.understudy-drill-fill`;
    const free = `a=$(df --output=avail -BM ${directory} | tail -1 | tr -dc 0-9)`;
    return {
      support: [
        free,
        `[ "$a" -gt ${reserveMb * 2} ] || { echo "only $a MB are free: it is full already"; exit 1; }`,
        `[ "$a" -lt ${maxMb} ] || { echo "$a MB are free: too much to fill"; exit 1; }`,
      ].join('\n'),
      inject: `${free}; fallocate -l $((a - ${reserveMb}))M ${file}`,
      effective: `${free}; echo "$a MB free"; [ -e ${file} ] && [ "$a" -le ${reserveMb + 16} ]`,
      undo: `rm -f ${file}`,
      undone: `${free}; echo "$a MB free"; [ ! -e ${file} ] && [ "$a" -gt ${reserveMb + 16} ]`,
    };
  },
});

export const diskFull: Fault = {
  ...filling,
  async support(context) {
    for (const { label } of context.targets) {
      const refusal = await context.system.disk?.refusal(label);
      if (typeof refusal === 'string') return refusal;
    }
    return filling.support(context);
  },
};
