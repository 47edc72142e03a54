// Settings of the host's kernel that no container can have of its own: raised while a lab is up, put back by `down`.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Setting -> the least value the lab needs. */
const neededSettings: ReadonlyMap<string, number> = new Map([
  // Elasticsearch refuses to start below this. https://www.elastic.co/docs/deploy-manage/deploy/self-managed/vm-max-map-count
  ['vm.max_map_count', 262_144],
  // Each machine's systemd takes dozens; Debian's 128 are used up after a few machines.
  ['fs.inotify.max_user_instances', 2_048],
]);

const settingFile = (root: string, name: string): string => join(root, 'proc/sys', name.replaceAll('.', '/'));

const noteFile = (stateDirectory: string): string => join(stateDirectory, 'host-settings.json');

const readNote = async (stateDirectory: string): Promise<Record<string, number>> => {
  const text = await readFile(noteFile(stateDirectory), 'utf8').catch(() => '{}');
  return JSON.parse(text) as Record<string, number>;
};

/** Raises what is too low and notes what it found; a value noted earlier is the host's own and is kept. */
export const raiseSettings = async (stateDirectory: string, root = '/'): Promise<void> => {
  const note = await readNote(stateDirectory);
  for (const [name, least] of neededSettings) {
    const found = Number(await readFile(settingFile(root, name), 'utf8'));
    if (found >= least) continue;
    note[name] ??= found;
    // The value is stored first, so that a crash in between does not lose it.
    await writeFile(noteFile(stateDirectory), JSON.stringify(note));
    await writeFile(settingFile(root, name), String(least));
  }
};

/** Restores the values that `raiseSettings` found, unless they were changed since. */
export const restoreSettings = async (stateDirectory: string, root = '/'): Promise<void> => {
  for (const [name, found] of Object.entries(await readNote(stateDirectory))) {
    const now = Number(await readFile(settingFile(root, name), 'utf8'));
    if (now === neededSettings.get(name)) await writeFile(settingFile(root, name), String(found));
  }
  await rm(noteFile(stateDirectory), { force: true });
};
