// No fault: shows the cost of the measurement and how steady the system is.
import type { Fault } from './fault.ts';

export const nothing: Fault = {
  name: 'nothing',
  standsFor: 'an ordinary minute',
  doesNotMeasure: ['any outage'],
  target: 'nothing',
  breaksQuorum: false,
  lasting: true,
  localUndo: () => null,
  support: () => Promise.resolve(null),
  inject: () => Promise.resolve(),
  effective: () => Promise.resolve({ seen: true, detail: 'nothing was to happen' }),
  undo: () => Promise.resolve(),
  undone: () => Promise.resolve({ seen: true, detail: 'nothing was to be undone' }),
};
