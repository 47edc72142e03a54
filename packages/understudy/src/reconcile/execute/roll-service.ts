// Rolls the service outside of an apply: one machine after the other, each restarted only while another backend is UP, and not left
// before it answers its health path.
import {
  currentRelease,
  type Release,
  rejectedRecord,
  releasesDirectory,
  shellLine,
  switchScript,
} from '../../machines/index.ts';
import { machinesFor, type Intent } from '../../operation/index.ts';
import { observeObjects, type World } from '../../observe/index.ts';
import { deployRelease, restartService } from './do-service.ts';
import { Found } from './found.ts';
import { ReleaseArchive } from './release-archive.ts';
import { runScript, type StepContext } from './step-context.ts';

export interface ServiceRoll {
  /** With a directory it is sent where it is missing; without one it must lie on every machine. Null: a restart. */
  readonly release: Release | { readonly id: string; readonly directory: null } | null;
  readonly reason: string;
  /** Removes the records of its rejection first. */
  readonly again: boolean;
  /** Releases that are recorded as rejected on every machine in the end. */
  readonly reject: readonly string[];
}

/** May run again after it was interrupted. Errors: `reconcile-no-other-backend`, `reconcile-command-failed`, those of SSH. */
export async function rollService(
  world: World,
  intent: Intent,
  { release, reason, again, reject }: ServiceRoll,
  signal: AbortSignal,
): Promise<void> {
  const sent = isOfThisComputer(release) ? { ...intent, release } : intent;
  await using archive = new ReleaseArchive(sent.release);
  const found = new Found(await observeObjects(world.linode, intent.topology.name), intent.topology);
  const context: StepContext = { world, intent: sent, found, archive, signal };
  const labels = machinesFor(intent, 'service').map(({ label }) => label);
  const onAll = async (what: string, script: string): Promise<void> => {
    await Promise.all(labels.map((label) => runScript(context, label, what, script)));
  };
  if (release?.directory === null) {
    await onAll(`find the release ${release.id}`, `test -d ${releasesDirectory}/${release.id}\n`);
  }
  if (again && release) await onAll('forget that the release was rejected', forgetScript(release.id));
  for (const label of labels) {
    signal.throwIfAborted();
    world.logger({ level: 'info', subject: label, text: release ? `to the release ${release.id}` : 'restart' });
    if (release?.directory === null) await switchTo(context, label, release.id);
    else if (release) await deployRelease(context, label);
    await restartService(context, label);
    world.logger({ level: 'info', subject: label, text: 'serves' });
  }
  for (const id of reject) {
    await onAll(`record that ${id} is rejected`, rejectScript(id, new Date(world.clock.now()).toISOString(), reason));
  }
}

function isOfThisComputer(release: ServiceRoll['release']): release is Release {
  return release !== null && release.directory !== null;
}

async function switchTo(context: StepContext, label: string, id: string): Promise<void> {
  await runScript(context, label, `make the release ${id} current (${currentRelease})`, switchScript(id));
}

/** The settings with which it was rejected do not matter when an operator decides. */
const anySettings = '0'.repeat(16);

function rejectScript(id: string, at: string, reason: string): string {
  const line = shellLine(['printf', '%s\\n', [id, anySettings, at, reason].join(' ')]);
  return `set -eu
{ grep -v '^${id} ' ${rejectedRecord} 2>/dev/null || true; ${line}; } > ${rejectedRecord}.new
mv -f ${rejectedRecord}.new ${rejectedRecord}
`;
}

function forgetScript(id: string): string {
  return `set -eu
[ -e ${rejectedRecord} ] || exit 0
{ grep -v '^${id} ' ${rejectedRecord} || true; } > ${rejectedRecord}.new
mv -f ${rejectedRecord}.new ${rejectedRecord}
`;
}
