// The one setting of the host's kernel that an engine outside of loopback insists on: raised for the run, put back after it.
import { readFileSync, writeFileSync } from 'node:fs';

const file = '/proc/sys/vm/max_map_count';
/** https://www.elastic.co/docs/deploy-manage/deploy/self-managed/vm-max-map-count */
const least = '262144';

/** Returns what puts the host's own value back, unless somebody else has changed it since. */
export function raiseMapCount(): () => void {
  const found = readFileSync(file, 'utf8').trim();
  if (Number(found) >= Number(least)) return () => undefined;
  writeFileSync(file, least);
  return () => {
    if (readFileSync(file, 'utf8').trim() === least) writeFileSync(file, found);
  };
}
