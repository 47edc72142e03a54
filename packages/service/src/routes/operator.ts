// The routes for those who run the service: liveness, readiness, metrics.
import type { FastifyInstance } from 'fastify';
import type { ApplicationOptions } from '../application-options.ts';
import { EngineError } from '../engine.ts';
import { engineProblem } from '../failure.ts';
import { metricsContentType } from '../metrics.ts';
import { Problem } from '../problem.ts';

export function addOperatorRoutes(app: FastifyInstance, options: ApplicationOptions): void {
  const { configuration, engine, queue, draining, allMetrics } = options;

  const queueDetail = () => (queue === undefined ? {} : { queue: { bytes: queue.bytes, most_bytes: queue.mostBytes } });

  /** The balancer's liveness check. It does not depend on the engine, whose outage must not eject healthy service machines. */
  app.get('/healthz', (_request, reply) => {
    // 503 is meant for the balancer: this process ends when the drain is over.
    if (draining()) return reply.code(503).send({ status: 'draining' });
    return reply.send({ status: 'ok' });
  });

  app.get('/readyz', async () => {
    try {
      await engine.ready();
    } catch (error) {
      const text = `The search engine is not ready: ${(error as Error).message}`;
      const details = engineProblem(new EngineError('unavailable', text));
      throw new Problem({ ...details, more: queueDetail() }, error);
    }
    return { status: 'ok', ...queueDetail() };
  });

  app.get('/metrics', async (request, reply) => {
    // The balancer adds X-Forwarded-For to every request; metrics are for operators, not for its callers.
    const isOpen = configuration.auth.mode === 'public' && configuration.metrics === 'direct';
    if (isOpen && request.headers['x-forwarded-for'] !== undefined) {
      throw new Problem({
        status: 404,
        code: 'metrics-hidden',
        text: 'Metrics are not shown through a balancer; ask a service machine directly, or set METRICS=public.',
      });
    }
    return reply.type(metricsContentType).send(await allMetrics());
  });
}
