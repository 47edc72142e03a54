// The lab as text: the address of its API and its machines.
import type { LabStatus } from '@understudy/lab';
import { paint } from '../../terminal/index.ts';
import { table } from './table.ts';

export function renderLabStatus(status: LabStatus): string {
  if (!status.running) return `${paint.bold('lab')} is ${paint.yellow('down')}; start it: understudy lab up`;
  const head = `${paint.bold('lab')} is ${paint.green('up')} at ${paint.cyan(status.apiUrl ?? '?')}`;
  const rows = status.machines.map(({ label, status: state, publicAddress, vpcAddresses }) => [
    label,
    state === 'running' ? paint.green(state) : paint.yellow(state),
    publicAddress ?? '-',
    vpcAddresses.join(' '),
  ]);
  return rows.length === 0 ? `${head}, no machines` : `${head}\n${table(rows)}`;
}
