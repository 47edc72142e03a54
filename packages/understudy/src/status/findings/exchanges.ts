// Notices about exchanges of keys and passwords that have begun and not ended, by the operator's own files.
import type { Notice, View } from '../finding.ts';

export function exchangeNotices({ own, topology }: View): Notice[] {
  return (own.exchanges ?? []).map(({ what, phase }) => ({
    id: 'exchange-interrupted',
    subject: topology.name,
    reason: `The exchange of ${what.replaceAll('-', ' ')} has not ended: its phase is "${phase}". If no command works on it now, it was interrupted.`,
    repair: `understudy secure rotate ${what}`,
  }));
}
