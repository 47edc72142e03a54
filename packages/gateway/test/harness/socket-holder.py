# Holds a listening socket and starts programs with it as a service manager does: as descriptor 3, with LISTEN_FDS and LISTEN_PID.
# Commands on standard input, one a line: "start" answers with the id of the process, "stop" ends it and answers with its exit code.
import os
import signal
import socket
import sys

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(4096)
print(listener.getsockname()[1], flush=True)
child = 0
for line in sys.stdin:
    if line.strip() == "start":
        child = os.fork()
        if child == 0:
            os.dup2(listener.fileno(), 3)
            os.set_inheritable(3, True)
            os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
            os.execv(sys.argv[1], sys.argv[1:])
        print(child, flush=True)
    if line.strip() == "stop":
        os.kill(child, signal.SIGTERM)
        _, status = os.waitpid(child, 0)
        child = 0
        print(os.waitstatus_to_exitcode(status), flush=True)
if child:
    os.kill(child, signal.SIGKILL)
