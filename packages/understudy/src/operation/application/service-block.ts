// The service section of a topology for an application that was looked at: each value with its reason.
import type { Application } from './inspect.ts';

/** YAML, indented by two spaces; `artifact` is a path relative to the topology file. */
export function serviceBlock({ runtime, command, healthPath }: Application, artifact: string): string {
  const lines = [
    `# ${runtime.why}`,
    `runtime: ${runtime.value}`,
    `artifact: ${scalar(artifact)}`,
    `# ${command.why}`,
    ...(command.value === undefined ? [] : [`command: [${command.value.map(scalar).join(', ')}]`]),
    `# What the balancer asks. ${healthPath.why}`,
    `healthPath: ${healthPath.value}`,
    '# Pages that a release must answer before users get to it. Name some of yours: a release that breaks them is then put back.',
    "# rollout: { paths: ['/search?q=test'] }",
    '# The gateway: a proxy on http://localhost:9200 of each service machine, where ES_HOST points. It takes the requests of any client and',
    '# goes around a dead search machine. off: ES_HOST is one of the nodes. ES_HOSTS is all nodes in either case.',
    'gateway: on',
  ];
  return lines.map((line) => `  ${line.replaceAll('\n', ' ')}\n`).join('');
}

/** Plain where YAML certainly reads a text, else in single quotes. */
function scalar(word: string): string {
  const isPlain = /^[A-Za-z./-][A-Za-z./_-]*$/.test(word) && !/^(?:true|false|yes|no|on|off|null|-|y|n)$/i.test(word);
  return isPlain ? word : `'${word.replaceAll("'", "''")}'`;
}
