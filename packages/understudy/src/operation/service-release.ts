// The release of a topology's service, and the start command with its program found in it. What the topology or the artifact must
// change is refused as a problem of the file, before anything is changed.
import { dirname, join, resolve } from 'node:path';
import { buildRelease, locateProgram, ReleaseError } from '@understudy/service/release';
import { UnderstudyError } from '@understudy/foundation';
import { releaseOf, type Release } from '../machines/index.ts';
import { problemAt, programsOfImage, schemaFileName, TopologyError, type Topology } from '../topology/index.ts';
import { cacheDirectory } from './places.ts';

export interface ServiceRelease {
  readonly release: Release;
  /** The topology with a start command whose first word is a path, in the release or absolute. */
  readonly topology: Topology;
}

/**
 * Builds it when it is not in the cache. `path` is the topology's, for refusals. Errors: `topology-invalid` for what must be changed in
 * the file or the artifact; `cli-release` when it cannot be built here for another reason.
 */
export async function serviceRelease(topology: Topology, path: string): Promise<ServiceRelease> {
  const { image, service } = topology;
  const { artifact, runtime, python } = service;
  const cache = cacheDirectory();
  try {
    const directories = { outDirectory: join(cache, 'releases'), cacheDirectory: join(cache, 'python') };
    const exclude = ownFiles(topology, path);
    const built = await buildRelease({ ...directories, artifact, exclude, runtime, ...(python && { python }) });
    const [word, ...rest] = service.command.length > 0 ? service.command : (built.command ?? []);
    if (word === undefined) throw new TopologyError(path, [noCommand(topology)]);
    const ofImage = programsOfImage(image);
    const program = await locateProgram(word, { ...built, ofImage, runtime });
    const located = program.includes('/') ? program : `./${program}`;
    return {
      release: await releaseOf(built.directory),
      topology: { ...topology, service: { ...service, command: [located, ...rest] } },
    };
  } catch (cause) {
    throw explained(cause, topology, path);
  }
}

/** Files of the operator's that may lie in the artifact: a changed topology is no new release, and a secret goes its own way. */
function ownFiles({ service, balancer }: Topology, path: string): string[] {
  const keys = balancer.listeners.flatMap(({ certificate }) =>
    typeof certificate === 'object' && 'certPath' in certificate ? [certificate.certPath, certificate.keyPath] : [],
  );
  const file = resolve(path);
  return [file, join(dirname(file), schemaFileName), ...Object.values(service.secrets), ...keys];
}

function explained(cause: unknown, topology: Topology, path: string): Error {
  if (cause instanceof UnderstudyError) return cause;
  if (cause instanceof ReleaseError && cause.problem !== undefined) {
    const { field, ...words } = cause.problem;
    return new TopologyError(path, [problemAt(topology, ['service', field], words)]);
  }
  return new UnderstudyError('cli-release', `The service's release could not be built: ${(cause as Error).message}`, {
    cause,
  });
}

function noCommand(topology: Topology) {
  return problemAt(topology, ['service', 'command'], {
    saw: 'no command',
    allowed: 'a list of words',
    message:
      topology.service.runtime === 'go'
        ? 'the module has more than one program'
        : 'package.json has no start script of plain words, no main and no server.js',
    remedy: 'set command, such as [node, server.js]',
  });
}
