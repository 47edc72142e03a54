// The state on disk: one JSON file, replaced atomically, readable by its owner alone (it holds keys and passwords).
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import type { StateStore } from './store.ts';

/** `<directory>/state.json`: written beside, synced, renamed over, and the directory synced. */
export function fileStateStore(directory: string): StateStore {
  const file = path.join(directory, 'state.json');
  return {
    durable: true,
    async load() {
      try {
        return await readFile(file, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async save(text) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const beside = `${file}.new`;
      const handle = await open(beside, 'w', 0o600);
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(beside, file);
      const parent = await open(directory, 'r');
      try {
        await parent.sync();
      } finally {
        await parent.close();
      }
    },
  };
}
