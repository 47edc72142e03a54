"""Gunicorn's settings: found by itself in the directory that gunicorn is started in."""

import os
import tempfile
import time

DEADLINE_S = int(os.environ.get("DEADLINE_MS") or 20_000) / 1000
DRAIN_S = int(os.environ.get("DRAIN_MS") or 11_000) / 1000

# A worker is killed when a request takes longer than this; the service answers by itself well before.
timeout = int(DEADLINE_S) + 20
graceful_timeout = int(DEADLINE_S) + 5
limit_request_line = 8190
# A file, so that every worker sees it at once; removed at the start, because a crash may leave one behind.
drain_file = os.path.join(tempfile.gettempdir(), f"flask-service-{os.getpid()}.drain")
raw_env = [f"DRAIN_FILE={drain_file}"]


def when_ready(server):
    """On SIGTERM liveness answers 503 first, and gunicorn stops after the balancer had the time to check it."""
    stop = server.handle_term

    def drain_and_stop():
        with open(drain_file, "w"):
            pass
        # It exists when the balancer sends no requests here any more.
        if not os.path.exists(os.environ.get("DRAINED_FILE") or ""):
            server.log.info("Draining for %.1f s", DRAIN_S)
            time.sleep(DRAIN_S)
        stop()

    server.handle_term = drain_and_stop


def on_exit(server):
    if os.path.exists(drain_file):
        os.remove(drain_file)
