// The releases on the service machines as text.
import type { ReleaseList } from '../../operate/index.ts';
import { paint } from '../../terminal/index.ts';
import { table } from './table.ts';

export function renderReleases({ releases, machines }: ReleaseList): string {
  if (releases.length === 0) return paint.dim('no releases on the service machines; apply deploys the first');
  const where = (labels: readonly string[]): string =>
    labels.length === 0 ? '-' : labels.length === machines.length ? 'all' : labels.join(' ');
  const rows = releases.map(({ id, currentOn, machines: holders, unpackedAt, rejected }) => [
    paint.cyan(id),
    currentOn.length > 0 ? paint.green(where(currentOn)) : '-',
    where(holders),
    unpackedAt === null ? 'unknown' : unpackedAt.slice(0, 19).replace('T', ' '),
    rejected.length === 0
      ? '-'
      : paint.red(`${where(rejected.map(({ machine }) => machine))}: ${rejected[0]?.reason ?? ''}`),
  ]);
  return table(
    [['release', 'current on', 'lies on', 'unpacked (UTC)', 'rejected'].map((head) => paint.bold(head)), ...rows],
    '',
  );
}
