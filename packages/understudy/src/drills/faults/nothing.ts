// No fault: shows the cost of the measurement and how steady the system is.
import type { Fault } from './fault.ts';

export const nothing: Fault = {
  name: 'nothing',
  standsFor: 'normal operation',
  doesNotMeasure: ['any failure'],
  target: 'nothing',
  breaksQuorum: false,
  lasting: true,
  localUndo: () => null,
  support: () => Promise.resolve(null),
  inject: () => Promise.resolve(),
  effective: () => Promise.resolve({ seen: true, detail: 'there is no fault to inject' }),
  undo: () => Promise.resolve(),
  undone: () => Promise.resolve({ seen: true, detail: 'there is nothing to undo' }),
};
