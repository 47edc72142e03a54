// Which TCP ports of an address accept a connection, as a script for whoever asks.

/** Prints the open ones of the ports, separated by spaces; `ports` is `1-65535` or a list such as `22,80`. */
export function openPorts(to: string, ports: string): string {
  return `python3 - ${to} ${ports} <<'EOF'\n${scan}EOF`;
}

/** Prints the ports on which a machine listens, at whatever address. */
export const listening = `ss -Hltn | awk '{ sub(/.*:/, "", $4); print $4 }' | sort -un | paste -sd ,`;

/** Thousands at a time: who drops packets answers nothing, so each port that is closed takes the whole wait. */
const scan = `
import errno, resource, select, socket, sys, time
to, text = sys.argv[1:]
first, _, last = text.partition('-')
ports = list(range(int(first), int(last) + 1)) if last else [int(word) for word in text.split(',')]
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
size, found = min(4000, hard - 100), []
for start in range(0, len(ports), size):
    poll, asked = select.epoll(), {}
    for port in ports[start:start + size]:
        one = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        if one.connect_ex((to, port)) == errno.EINPROGRESS:
            asked[one.fileno()] = (port, one)
            poll.register(one, select.EPOLLOUT)
        else:
            one.close()
    end = time.monotonic() + 1.5
    while asked and time.monotonic() < end:
        for number, _ in poll.poll(max(0, end - time.monotonic())):
            port, one = asked.pop(number)
            if one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                found.append(port)
            poll.unregister(one)
            one.close()
    for _, one in asked.values():
        one.close()
print(*sorted(found))
`;
