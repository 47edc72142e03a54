// The text of --help.
export const help = `understudy-gateway: speaks the API of Elasticsearch and OpenSearch to the applications of this machine, and passes
it on to the nodes of the cluster: with failover, safe retries, hedged reads and group commit.

usage: understudy-gateway --engine URL[,URL...] [--listen HOST:PORT] [options]

options, each with its default at the end of the line:

  --engine URLS           nodes of the cluster: http://10.0.0.2:9200,http://10.0.0.3:9200/prefix
                          (with user and password in the URL only as GATEWAY_ENGINE)        http://127.0.0.1:9201
  --listen HOST:PORT      where applications connect; a socket of systemd comes first         127.0.0.1:9200
  --username, --password  user of the engine, for requests that bring no authorization
  --ca FILE               PEM file of the authority that signed the engine's certificates
  --deadline-ms N         time of a request that does not bring X-Understudy-Deadline-Ms      30000
  --gather auto|on|off    single writes of all processes in one bulk                          auto
  --hedge on|off          second request of a slow read                                       on
  --divide-bulks N        bulks of so many items go in parts to the nodes of their primaries; 0: none   100
  --kept-body-bytes N     a larger body is sent at most once                                  8388608
  --kept-bytes N          all kept bodies together                                            134217728
  --max-queue N           requests that wait; more are refused with 429                       10000
  --stop-ms N             time for requests under way after SIGTERM                           25000
  --log-every N           log each Nth request as a line of JSON, and each failure; 0: none   0
  --version, --help

Requests are logged on standard output, what happens to the gateway and to nodes on standard error.

Every option is also an environment variable: --deadline-ms is GATEWAY_DEADLINE_MS. Passwords belong there.

examples:
  understudy-gateway --engine http://127.0.0.1:9200 --listen 127.0.0.1:9280       the engine is on this machine
  understudy-gateway --engine http://10.0.0.2:9200,http://10.0.0.3:9200
  GATEWAY_USERNAME=app GATEWAY_PASSWORD=... understudy-gateway --engine https://10.0.0.2:9200 --ca /etc/engine-ca.pem
  curl http://127.0.0.1:9200/_understudy            what it sees: nodes, breaker, budget, requests
  curl http://127.0.0.1:9200/_understudy/metrics    the same for Prometheus

exit codes: 0 stopped, 64 wrong usage, 70 a fault of its own or of the machine
`;
