// The measurements as a table to read, with what each service is compared to Flask.

export interface Row {
  readonly operation: string;
  readonly connections: number;
  readonly service: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly serviceCpuUs: number;
  readonly engineCpuUs: number;
  readonly failed: number;
}

export interface Result {
  readonly rounds: number;
  readonly seconds: number;
  readonly workers: number;
  readonly nodes: number;
  readonly documents: number;
  readonly rows: readonly Row[];
}

export function table(result: Result): string {
  const { rounds, seconds, nodes, documents, rows } = result;
  const head = `Medians of ${rounds} interleaved rounds of ${seconds} s; ${nodes} engine node(s), ${documents} documents.\n\n`;
  const lines = rows.map((row) => {
    const flask = rows.find(
      (other) =>
        other.service === 'flask' && other.operation === row.operation && other.connections === row.connections,
    );
    const ratio = flask === undefined ? '' : `${(row.perSecond / flask.perSecond).toFixed(1)}x`;
    return `| ${row.operation} | ${row.connections} | ${row.service} | ${row.perSecond} | ${ratio} | ${row.p50Ms.toFixed(1)} | ${row.p99Ms.toFixed(1)} | ${row.serviceCpuUs} | ${row.engineCpuUs} | ${row.failed} |`;
  });
  return `${head}| operation | connections | service | per second | to Flask | p50 ms | p99 ms | service CPU us | engine CPU us | failed |
|---|---|---|---|---|---|---|---|---|---|
${lines.join('\n')}
`;
}
