import { EngineCluster } from './cluster.ts';
import { findEngine } from './engine-home.ts';
const engine = findEngine();
if (typeof engine === 'string') throw new Error(engine);
const c = new EngineCluster(engine, {
  nodes: 3,
  port: 19460,
  settings: [
    'cluster.fault_detection.leader_check.timeout=1s',
    'cluster.fault_detection.follower_check.timeout=1s',
    'cluster.publish.timeout=3s',
  ],
});
const t = performance.now();
process.on('SIGTERM', () => void c.stop().then(() => process.exit(0)));
await c.start();
console.log('up', performance.now() - t, await c.master());
await c.ask('/t1', 'PUT', { settings: { number_of_shards: 3, number_of_replicas: 1 } });
setInterval(() => {}, 1000);
