// What tests of an engine that goes away begin and end with: a real engine, a door before it, and services that are stopped.
import { after, afterEach, before } from 'node:test';
import { caller, type Call } from '../contract/call.ts';
import { doorTo, type Door } from './door.ts';
import { startEngine, type findEngine, type TestEngine } from './engine.ts';
import { node, type RunningService } from './implementations.ts';

export interface BehindDoor {
  /** There once the tests run. */
  readonly engine: TestEngine;
  readonly door: Door;
  /** A service that is stopped after the test. */
  start(environment: Readonly<Record<string, string>>): Promise<RunningService & { readonly call: Call }>;
}

/** Registers the hooks of the suite that calls it. After each test the door is open again. */
export function behindDoor(found: Awaited<ReturnType<typeof findEngine>>): BehindDoor {
  let engine: TestEngine;
  let door: Door;
  const running = new Set<RunningService>();
  before(async () => {
    if ('missing' in found) return;
    engine = await startEngine(found);
    door = await doorTo(engine.url);
  });
  after(async () => {
    await door.shut();
    await engine.stop();
  });
  afterEach(async () => {
    await Promise.all([...running].map((service) => service.stop()));
    running.clear();
    await door.open();
  });
  return {
    get engine() {
      return engine;
    },
    get door() {
      return door;
    },
    async start(environment) {
      const service = await node.start(environment);
      running.add(service);
      return { ...service, call: caller(() => service.url) };
    },
  };
}
