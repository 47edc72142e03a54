// The release of the gateway: its program in one file and a Node of its own, for machines whose application is of any language.
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { buildProgramRelease } from '@understudy/service/release';
import { UnderstudyError } from '@understudy/foundation';
import { releaseOf, type Release } from '../machines/index.ts';
import { cacheDirectory } from './places.ts';

const built = new Map<string, Promise<Release>>();

/** Builds it when it is not in the cache; once in a process. Error: `cli-release` when it cannot be built here. */
export function gatewayRelease(): Promise<Release> {
  const outDirectory = join(cacheDirectory(), 'releases');
  const found = built.get(outDirectory) ?? build(outDirectory);
  built.set(outDirectory, found);
  return found;
}

async function build(outDirectory: string): Promise<Release> {
  try {
    const program = fileURLToPath(import.meta.resolve('@understudy/gateway/main'));
    const { directory } = await buildProgramRelease({ outDirectory, program, name: 'gateway.mjs' });
    return await releaseOf(directory);
  } catch (cause) {
    const text = `The gateway's release could not be built: ${(cause as Error).message}`;
    throw new UnderstudyError('cli-release', text, { cause });
  }
}
