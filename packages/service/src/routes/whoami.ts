// The route that tells callers how they are known here, which the tool asks to see that a change of keys has arrived.
import type { FastifyInstance } from 'fastify';
import type { Guard } from '../auth/index.ts';

export function addWhoamiRoute(app: FastifyInstance, guard: Guard): void {
  app.get('/whoami', (request, reply) => {
    const { id, scopes, rate } = guard.callerOf(request);
    // Which keys are in force is for those who run the service.
    const keysVersion = scopes.has('monitor') ? guard.keysVersion : undefined;
    return reply.send({
      caller: id,
      scopes: [...scopes],
      ...(rate === undefined ? {} : { requests_per_second: rate.requestsPerSecond, burst: rate.burst }),
      ...(keysVersion === undefined ? {} : { keys_sha256: keysVersion }),
    });
  });
}
