// What a change of a service machine finds there, and what can be put back: the release and the files that the change writes.
import { shown, UnderstudyError } from '@understudy/foundation';
import {
  contentHash,
  nothingAsked,
  observeMachine,
  partOf,
  releaseIdOf,
  type ManagedFile,
  type ReleasePlace,
} from '../../machines/index.ts';
import { machineTarget, type StepContext } from './step-context.ts';

export interface Before {
  /** Id of the release that was current; undefined: there was none. */
  readonly release: string | undefined;
  /** Files whose content the change replaces. */
  readonly changed: readonly string[];
  /** Whether each file that is written existed. */
  readonly complete: boolean;
}

/** Error: `reconcile-unread` when a part could not be read; nothing was changed. */
export async function stateBefore(
  context: StepContext,
  label: string,
  place: ReleasePlace,
  files: readonly ManagedFile[],
): Promise<Before> {
  const seen = await observeMachine(context.world.runner, machineTarget(context, label), {
    ...nothingAsked,
    files: files.map(({ path }) => path),
    links: [place.current],
  });
  const link = partOf(seen.links, place.current);
  const parts = [link, ...files.map(({ path }) => partOf(seen.files, path))];
  const unread = parts.find(({ state }) => state === 'unknown');
  if (unread?.state === 'unknown') {
    throw new UnderstudyError('reconcile-unread', `${label} is not changed: ${unread.reason} Run again.`, {
      facts: { label },
    });
  }
  const there = files.map((file) => ({ file, hash: shown(partOf(seen.files, file.path))?.hash }));
  return {
    release: releaseIdOf(shown(link), place),
    changed: there.flatMap(({ file, hash }) =>
      hash !== undefined && hash !== contentHash(file.content) ? [file.path] : [],
    ),
    complete: there.every(({ hash }) => hash !== undefined),
  };
}
