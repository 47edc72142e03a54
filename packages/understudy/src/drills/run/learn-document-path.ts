// Does the service give a document by its id? Only then gets are part of the load. One document is written, read and removed.
import { digestOf, sourceOf, httpWire } from '../../proof/index.ts';
import type { SystemUnderTest } from '../system-under-test.ts';

/** GET by id as the service has it. */
const documentPath = '/documents/{id}';
const probe = {
  id: 'drill-probe',
  data: { title: 'drill probe', content: 'Tests whether documents can be read by id.' },
};

/** The path, or null when the service answers something else there. */
export async function learnDocumentPath(system: SystemUnderTest): Promise<string | null> {
  const [url] = system.balancer.urls;
  const wire = httpWire();
  try {
    await wire.send({ method: 'POST', url: `${url}/index`, body: JSON.stringify(probe), deadlineMs: 10_000 });
    const path = documentPath.replace('{id}', probe.id);
    const answer = await wire.send({ method: 'GET', url: `${url}${path}`, deadlineMs: 5_000 });
    if (!('body' in answer) || answer.status !== 200) return null;
    return digestOf(sourceOf(answer.body)) === digestOf(probe.data) ? documentPath : null;
  } finally {
    await wire.close();
    await system.engine.remove([probe.id]);
  }
}
