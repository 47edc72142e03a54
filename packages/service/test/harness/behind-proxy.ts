// Setup and teardown for tests of an unreachable engine: a real engine, a proxy before it, and services that are stopped.
import { after, afterEach, before } from 'node:test';
import { caller, type Call } from '../contract/call.ts';
import { proxyTo, type EngineProxy } from './engine-proxy.ts';
import { startEngine, type findEngine, type TestEngine } from './engine.ts';
import { node, type RunningService } from './implementations.ts';

export interface BehindProxy {
  /** Available once the tests run. */
  readonly engine: TestEngine;
  readonly proxy: EngineProxy;
  /** A service that is stopped after the test. */
  start(environment: Readonly<Record<string, string>>): Promise<RunningService & { readonly call: Call }>;
}

/** Registers the hooks of the suite that calls it. After each test the proxy is open again. */
export function behindProxy(found: Awaited<ReturnType<typeof findEngine>>): BehindProxy {
  let engine: TestEngine;
  let proxy: EngineProxy;
  const running = new Set<RunningService>();
  before(async () => {
    if ('missing' in found) return;
    engine = await startEngine(found);
    proxy = await proxyTo(engine.url);
  });
  after(async () => {
    await proxy.shut();
    await engine.stop();
  });
  afterEach(async () => {
    await Promise.all([...running].map((service) => service.stop()));
    running.clear();
    await proxy.open();
  });
  return {
    get engine() {
      return engine;
    },
    get proxy() {
      return proxy;
    },
    async start(environment) {
      const service = await node.start(environment);
      running.add(service);
      return { ...service, call: caller(() => service.url) };
    },
  };
}
