// Asking the service's health path on its own machine, as the balancer asks it: what to ask, and the shell function that asks.
import type { MachinePlan, Topology } from '../topology/index.ts';

/** Bound of a probe in seconds; a check of the balancer that takes longer is rare, and a look at a machine must stay short. */
const longestS = 3;

/** `SECONDS:ADDRESS:PORT/PATH`; without a path only a connection is made. */
export function healthProbe(
  { balancer: { check }, service }: Topology,
  machine: Pick<MachinePlan, 'vpcAddress'>,
): string {
  const path = check.type === 'connection' ? '' : check.path;
  return `${Math.min(check.timeoutS, longestS)}:${machine.vpcAddress}:${service.port}${path}`;
}

/** Perl's base is essential in Debian, curl is not. Says `answered STATUS HEX`, `connected`, `closed`, `refused [loopback]`, `timeout` or `failed WHY`. */
const probe = `use IO::Socket::INET; use Errno;
my ($limit, $host, $port, $path) = $ARGV[0] =~ m{^(\\d+):([^:/]+):(\\d+)(.*)$} or do { print "failed no probe"; exit };
$SIG{ALRM} = sub { print "timeout"; exit };
alarm $limit;
my $s = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port);
if (!$s) {
  if ($!{ECONNREFUSED}) { print "refused", (IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $port) ? "\\tloopback" : "") }
  else { print "failed\\t$!" }
  exit;
}
if ($path eq "") { print "connected"; exit }
$SIG{PIPE} = "IGNORE";
print $s "GET $path HTTP/1.1\\r\\nHost: nodebalancer\\r\\nConnection: close\\r\\n\\r\\n"; $s->flush;
my ($all, $part) = ("", "");
while (length($all) < 4096 && sysread($s, $part, 4096)) { $all .= $part }
my ($head, $body) = split /\\r\\n\\r\\n/, $all, 2;
if (($head // "") !~ m{^HTTP/1\\.[01] (\\d{3})}) { print "closed"; exit }
my $status = $1;
$body //= "";
if ($head =~ /^transfer-encoding:.*chunked/mi) {
  my $whole = "";
  while ($body =~ s/^([0-9a-f]+)[^\\n]*\\n//i) { $whole .= substr($body, 0, hex $1, ""); $body =~ s/^\\r\\n// }
  $body = $whole;
}
print "answered\\t$status\\t", unpack("H*", substr($body, 0, 1000));`;

export const healthFunctions = `
health() {
  before=$(date +%s%N)
  ask perl -e '${probe}' "$subject" || { explain perl; return; }
  seen "$((($(date +%s%N) - before) / 1000000))$tab$said"
}
`;
