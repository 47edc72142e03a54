// What HAProxy says of its servers, read into Linode's three words.

export type NodeStatus = 'UP' | 'DOWN' | 'Unknown';

/** Splits `show stat` into rows by column name. */
const rows = (csv: string): readonly ReadonlyMap<string, string>[] => {
  const [head = '', ...lines] = csv.trim().split('\n');
  const columns = head.replace(/^# /, '').split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return new Map(columns.map((column, index) => [column, cells[index] ?? '']));
  });
};

/** `UP`, `UP 1/3`, `DRAIN` serve; `DOWN`, `DOWN 1/2` do not; `no check` and `MAINT` are unknown. */
const parseState = (status: string): NodeStatus => {
  if (status.startsWith('UP') || status.startsWith('DRAIN') || status.startsWith('NOLB')) return 'UP';
  return status.startsWith('DOWN') ? 'DOWN' : 'Unknown';
};

/**
 * Node id -> status from `show stat`. A server whose first check is still to come counts as up inside HAProxy; it is
 * `Unknown` here, unless `known` has what an earlier configuration's checks said.
 */
export const parseStatus = (csv: string, known: ReadonlyMap<number, NodeStatus>): ReadonlyMap<number, NodeStatus> => {
  const result = new Map<number, NodeStatus>();
  for (const row of rows(csv)) {
    const id = /^node(\d+)$/.exec(row.get('svname') ?? '')?.[1];
    if (id === undefined) continue;
    const status = parseState(row.get('status') ?? '');
    const check = row.get('check_status') ?? '';
    const checked = check !== '' && !check.endsWith('INI');
    const unchecked = status === 'UP' && !checked;
    result.set(Number(id), unchecked ? (known.get(Number(id)) ?? 'Unknown') : status);
  }
  return result;
};
