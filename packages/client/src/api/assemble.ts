// Puts the shared parts of one client together: the only place that knows which part listens to which.
import type { Settings } from './options.ts';
import { NodeSet } from '../nodes/node-set.ts';
import type { WireFactory } from '../nodes/wire.ts';
import { Counters } from '../observe/metrics.ts';
import { Events } from '../observe/events.ts';
import { Breaker } from '../policy/breaker.ts';
import { Budget, hedgeBudgetDefaults } from '../policy/budget.ts';
import { Fences } from '../policy/fence.ts';
import { Limiter } from '../policy/limiter.ts';
import { Wheel } from '../time/wheel.ts';
import type { Core } from '../call/core.ts';
import { Gate } from '../call/gate.ts';
import { Outage } from '../call/outage.ts';

export interface Assembly {
  readonly core: Core;
  /** Ends every timer, probe and connection. */
  close(): Promise<void>;
}

export function assemble(settings: Settings, wires: WireFactory): Assembly {
  const { time } = settings;
  const now = time.now();
  const wheel = new Wheel(time);
  const background = new Wheel(time, 10, false);
  const counters = new Counters();
  const events = new Events();
  const breaker = new Breaker(settings.breaker, now, (state) => {
    events.emit('breaker', {
      state,
      reason: state === 'closed' ? 'an operation succeeded' : 'too many operations failed',
    });
  });
  const outage = new Outage(time, background, settings.allDownMs, (open) => {
    events.emit(
      'breaker',
      open ? { state: 'open', reason: 'every node is down' } : { state: 'closed', reason: 'a node is back' },
    );
  });
  const nodes: NodeSet = new NodeSet(time, background, wires, settings.nodeSet, {
    onNodeChange(node, from, reason) {
      if (node.state === 'down') counters.nodeFailures++;
      events.emit('node', { node: node.url, from, to: node.state, reason });
      outage.usable(nodes.usableCount);
    },
    onReplaced: (usable) => outage.usable(usable),
  });
  void nodes.replace(settings.nodes);
  const core: Core = {
    time,
    wheel,
    nodes,
    retryBudget: new Budget(settings.retryBudget, now),
    hedgeBudget: new Budget(settings.hedging ?? hedgeBudgetDefaults, now),
    breaker,
    outage,
    reads: new Gate(new Limiter(settings.reads), settings.maxQueue),
    writes: new Gate(new Limiter(settings.writes), settings.maxQueue),
    fences: new Fences(
      () => time.wall(),
      () => time.random(),
    ),
    counters,
    events,
    options: settings.call,
    indexInPath: false,
    closed: false,
    ended: false,
  };
  const close = async (): Promise<void> => {
    core.closed = true;
    core.ended = true;
    const closing = nodes.close();
    // Every operation that waits has an alarm: firing all of them ends every operation.
    wheel.fireAndStop();
    background.stop();
    await closing;
  };
  return { core, close };
}
