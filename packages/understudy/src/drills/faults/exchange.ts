// An exchange of keys, certificates or passwords as a drill: the very one that `secure rotate` does, under load. The injection is the whole of
// it; there is nothing to hold afterwards and nothing to undo.
import { UnderstudyError } from '@understudy/foundation';
import type { Exchangeable } from '../../operate/index.ts';
import { hasKeys } from '../../operation/index.ts';
import type { Topology } from '../../topology/index.ts';
import type { Fault } from './fault.ts';

export function exchangeOf(what: Exchangeable): Fault {
  let done: string | null = null;
  return {
    name: `exchange-${what}`,
    standsFor: `planned work: an operator runs secure rotate ${what}`,
    doesNotMeasure: [
      ...(what === 'service-keys' ? [] : ['programs that log in to the engine from outside of the system']),
      'other operators, who need access again',
    ],
    target: 'nothing',
    breaksQuorum: false,
    lasting: false,
    localUndo: () => null,
    support({ system: { topology, exchange } }) {
      if (exchange === null) return Promise.resolve('this system under test has no operator who exchanges keys');
      return Promise.resolve(nothingToExchange(what, topology));
    },
    async inject({ system, signal }) {
      done = null;
      if (system.exchange === null)
        throw new UnderstudyError('drills-fault-step', 'There is no operator who exchanges keys.');
      done = await system.exchange(what, signal);
    },
    effective: () => Promise.resolve({ seen: done !== null, detail: done ?? 'the exchange has not ended' }),
    undo: () => Promise.resolve(),
    undone: () =>
      Promise.resolve({ seen: true, detail: `an exchange is not undone; understudy secure rotate ${what} ends one` }),
  };
}

/** Why there is nothing to exchange; null: there is. */
function nothingToExchange(what: Exchangeable, topology: Topology): string | null {
  if (what === 'service-keys')
    return hasKeys(topology) ? null : 'service.auth has no keys: there is nothing to exchange';
  if (what === 'ssh-keys') return null;
  return topology.search.security === 'off' ? 'search.security is off: there is nothing to exchange' : null;
}
