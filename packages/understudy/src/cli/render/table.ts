// Text tables: padded by visible width, without borders, so that they can be pasted into a mail.
import { stripVTControlCharacters } from 'node:util';

const gap = '  ';

function width(cell: string): number {
  return stripVTControlCharacters(cell).length;
}

/** Rows of cells as aligned lines; the last column is not padded. */
export function table(rows: readonly (readonly string[])[], indent = '  '): string {
  const columns = Math.max(...rows.map((row) => row.length), 0);
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => width(row[column] ?? ''))),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - width(cell)),
      )
      .join(gap);
  return rows.map((row) => (indent + line(row)).trimEnd()).join('\n');
}
