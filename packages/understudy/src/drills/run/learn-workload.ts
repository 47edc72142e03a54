// What of the workload the application can do, found by writing one document, reading it back and removing it. Refuses a description
// that the application's answers do not fit, before anything is broken.
import { UnderstudyError } from '@understudy/foundation';
import { httpWire, protocolOf, type Operation, type Protocol } from '../../proof/index.ts';
import type { SystemUnderTest } from '../system-under-test.ts';
import { learnRouting, type Learned } from './plan-run.ts';

/** GET by id as the built-in service has it. */
const documentPath = '/documents/{id}';
const probe = {
  id: 'drill-probe',
  document: { title: 'drill probe', content: 'Asks whether documents can be got by id.' },
};
const deadlineMs = 10_000;

/** Error: `drills-workload` with the field of `drills.workload` that does not fit, and what was seen. */
export async function learnWorkload(system: SystemUnderTest): Promise<Learned> {
  const { workload } = system.topology.drills;
  try {
    if (workload === undefined) {
      const path = await learnDocumentPath(system);
      return { documentPath: path, ...(await learnIndex(system)) };
    }
    await tryWorkload(system, protocolOf({ adapter: workload, documentPath: null }));
    return { documentPath: null, ...(await learnIndex(system)) };
  } finally {
    await system.engine.remove([probe.id]);
  }
}

/** Shards and copies as the engine has them: an application may have made its index itself. */
async function learnIndex(system: SystemUnderTest): Promise<Pick<Learned, 'routing' | 'shards' | 'copies'>> {
  const copies = await system.engine.shards();
  const byShard = Map.groupBy(copies, ({ shard }) => shard);
  const shards = byShard.size;
  const most = Math.max(...[...byShard.values()].map((of) => of.length));
  return { routing: await learnRouting(system, shards), shards, copies: most };
}

/** The path, or null when the service answers something else there. */
async function learnDocumentPath(system: SystemUnderTest): Promise<string | null> {
  const protocol = protocolOf({ documentPath });
  const send = sender(system);
  await send(protocol.write(probe.id, probe.document));
  const answer = await send(protocol.get(probe.id));
  if (!('body' in answer) || answer.status !== 200) return null;
  return protocol.digestOfAnswer(answer.status, answer.body) === protocol.digestOfSent(probe.document)
    ? documentPath
    : null;
}

type Send = ReturnType<typeof sender>;

function sender(system: SystemUnderTest) {
  const [url = ''] = system.balancer.urls;
  return async ({ path, ...asked }: ReturnType<Protocol['write']>) => {
    const credential = await system.credential?.now();
    const wire = httpWire(credential?.reveal());
    try {
      return await wire.send({ ...asked, url: `${url}${path}`, deadlineMs });
    } finally {
      await wire.close();
    }
  };
}

async function tryWorkload(system: SystemUnderTest, protocol: Protocol): Promise<void> {
  const send = sender(system);
  if (protocol.operations.includes('index')) {
    await tryOperation('index', send, protocol);
    await tryStored(system, protocol);
  }
  if (protocol.operations.includes('get')) await tryOperation('get', send, protocol);
  if (protocol.operations.includes('search')) await tryOperation('search', send, protocol);
}

const fieldOf: Readonly<Record<Operation, string>> = { index: 'write', get: 'get', search: 'search' };

async function tryOperation(operation: Operation, send: Send, protocol: Protocol): Promise<void> {
  const asked =
    operation === 'index'
      ? protocol.write(probe.id, probe.document)
      : operation === 'get'
        ? protocol.get(probe.id)
        : protocol.search('drill');
  const answer = await send(asked);
  const { outcome, error } = protocol.meaningOf(operation, answer);
  const body = 'body' in answer ? answer.body : '';
  const field = `drills.workload.${fieldOf[operation]}`;
  if (outcome !== 'acknowledged' && outcome !== 'answered')
    throw misfit(field, `${asked.method} ${asked.path} was answered with ${error ?? outcome}`, body);
  if (operation !== 'get') return;
  const digest = protocol.digestOfAnswer(answer.status, body);
  if (digest !== protocol.digestOfSent(probe.document))
    throw misfit(`${field}.content`, `${asked.method} ${asked.path} has not the content that was written there`, body);
}

/** The document in the engine, under the id that was sent: without it no run can be judged. */
async function tryStored(system: SystemUnderTest, protocol: Protocol): Promise<void> {
  await system.engine.refresh();
  const [found] = await system.engine.searchIds([probe.id]);
  const index = system.topology.search.index.name;
  if (found === undefined)
    throw misfit(
      'drills.workload.write',
      `the index ${index} has no document with the id ${probe.id} after an acknowledged write: the application writes to ` +
        'another index (search.index.name), or gives its documents ids of its own, which a drill cannot follow',
    );
  if (protocol.digestOfStored(found.source) !== protocol.digestOfSent(probe.document)) {
    const seen = `the engine's document has not the content that was sent there`;
    throw misfit('drills.workload.stored.content', seen, JSON.stringify(found.source));
  }
}

function misfit(field: string, seen: string, body = ''): UnderstudyError {
  const quoted = body === '' ? '' : `: ${body.slice(0, 300)}`;
  return new UnderstudyError(
    'drills-workload',
    `No drill was started, because ${field} does not fit the application: ${seen}${quoted}. Correct the topology (docs/drills.md).`,
    { facts: { field } },
  );
}
