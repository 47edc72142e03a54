// Engine requests by way of the machine itself: its ports are open only inside the VPC, so curl runs there, over SSH.
import { engineTransport, type EngineTransport } from '../cluster/index.ts';
import { UnderstudyError } from '../ground/index.ts';
import { httpPort, type RemoteRunner } from '../machines/index.ts';
import type { EngineHost } from './world.ts';

/** The body comes on stdin and the status on a last line of its own. A globbing curl would read brackets in a URL. */
function curlCommand(
  address: string,
  request: { readonly method: string; readonly path: string; readonly body: string | undefined },
  timeoutMs: number,
): readonly string[] {
  return [
    ...['curl', '--silent', '--show-error', '--globoff', '--noproxy', '*', '--max-time', String(timeoutMs / 1000)],
    ...(request.method === 'HEAD' ? ['--head'] : ['--request', request.method]),
    ...(request.body === undefined ? [] : ['--header', 'content-type: application/json', '--data-binary', '@-']),
    ...['--write-out', '\\n%{http_code}', `http://${address}:${httpPort}${request.path}`],
  ];
}

export function engineOverSsh(runner: RemoteRunner, hosts: readonly EngineHost[]): EngineTransport {
  const byLabel = new Map(hosts.map((host) => [host.target.label, host]));
  return engineTransport([...byLabel.keys()], async (node, request, timeoutMs) => {
    const host = byLabel.get(node);
    if (!host)
      throw new UnderstudyError('cluster-unknown-node', `${node} is not among the search machines known here.`);
    const { code, stdout, stderr } = await runner.run(host.target, curlCommand(host.vpcAddress, request, timeoutMs), {
      // curl ends by itself at its bound; SSH gets a little longer to say so.
      timeoutMs: timeoutMs + 5000,
      ...(request.body === undefined ? {} : { stdin: request.body }),
    });
    if (code !== 0) {
      const text = stderr.trim() || `curl ended with ${code}`;
      throw new UnderstudyError('cluster-unreachable', text, { facts: { node, curlExitCode: code } });
    }
    const cut = stdout.lastIndexOf('\n');
    return { status: Number(stdout.slice(cut + 1)), text: stdout.slice(0, cut) };
  });
}
