// The route that tells callers how they are known here, which the tool asks to see that a change of keys has arrived.
import type { FastifyInstance } from 'fastify';
import type { Guard } from '../auth/index.ts';

export function addWhoamiRoute(app: FastifyInstance, guard: Guard): void {
  app.get('/whoami', (request, reply) => {
    const { id, scopes, rate } = guard.callerOf(request);
    // Which keys and secrets are in force is for those who run the service.
    const known = scopes.has('monitor') ? guard : undefined;
    const [keysVersion, peersVersion] = [known?.keysVersion, known?.peersVersion];
    return reply.send({
      caller: id,
      scopes: [...scopes],
      ...(rate === undefined ? {} : { requests_per_second: rate.requestsPerSecond, burst: rate.burst }),
      ...(keysVersion === undefined ? {} : { keys_sha256: keysVersion }),
      ...(peersVersion === undefined ? {} : { peers_sha256: peersVersion }),
    });
  });
}
