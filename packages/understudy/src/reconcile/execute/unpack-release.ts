// Puts a release on a machine, of the service or of the gateway: as a compressed archive on stdin of SSH. Nothing is switched to it.
import { isUnpackedScript, unpackScript, type Release, type ReleasePlace } from '../../machines/index.ts';
import { machineTarget, succeeded, type StepContext } from './step-context.ts';

const uploadDeadlineMs = 600_000;

/** Unpacks and prepares the release; one that is there already is not sent again. `what` is it in words: `the gateway 1f2e`. */
export async function unpackAt(
  context: StepContext,
  label: string,
  place: ReleasePlace,
  release: Release,
  what: string,
): Promise<void> {
  const { runner } = context.world;
  const target = machineTarget(context, label);
  const there = await runner.run(target, ['sh', '-c', isUnpackedScript(release.id, place)]);
  if (there.code === 0) return;
  const unpack = ['sh', '-c', unpackScript(release.id, place)];
  const options = { stdin: await context.archive.open(release), timeoutMs: uploadDeadlineMs };
  succeeded(await runner.run(target, unpack, options), label, `unpack ${what}`);
}
