"""Fills the heap of the engine on this machine, with bodies of requests that it has to hold because they do not end.

heap-pressure.py INDEX SAMPLES: adds until the collector takes the wanted share of the time, takes some away when it takes too
much or finds too little to free, and writes what the engine says of its heap, one JSON object a line. An engine without any
memory left ends itself, which is a failure, not slowness. Ends with the machine's unit, which drops it all.
"""

import http.client
import json
import socket
import sys
import threading
import time

INDEX, SAMPLES = sys.argv[1:3]
ENGINE = ("127.0.0.1", 9200)
MEGABYTE = 1024 * 1024
# The engine takes bodies of up to 100 MB and holds them completely; smaller ones can be dropped one by one.
BODY_MB = 4
WANTED_SHARE, MOST_SHARE = 0.5, 0.8
# What the collector leaves, in percent of the heap: the least of the last readings, for in between there is garbage.
READINGS = 3
SLOWLY_FROM, ENOUGH, TOO_MUCH = 85, 91, 93
CHUNK = b'{"index":"none"}\n' * 61680


def ask(method, path, timeout=5):
    connection = http.client.HTTPConnection(*ENGINE, timeout=timeout)
    try:
        connection.request(method, path)
        return connection.getresponse().read()
    finally:
        connection.close()


class Body:
    """One request whose body never ends."""

    def __init__(self):
        self.sent_mb = 0
        self.socket = socket.create_connection(ENGINE, timeout=5)
        head = f"POST /_msearch HTTP/1.1\r\nHost: engine\r\nContent-Type: application/x-ndjson\r\nContent-Length: {(BODY_MB + 1) * MEGABYTE}\r\n\r\n"
        self.socket.sendall(head.encode())

    def grow(self):
        self.socket.sendall(CHUNK)
        self.sent_mb += 1

    def alive(self):
        try:
            return self.socket.send(b"\n") == 1
        except OSError:
            return False

    def drop(self):
        self.socket.close()


def churn():
    """Garbage, so that the collector has to run: answers that are made and thrown away."""
    while True:
        try:
            ask("GET", f"/{INDEX}/_search?size=200")
        except (OSError, http.client.HTTPException):
            time.sleep(0.2)
        # It is the engine that shall be busy, not this program.
        time.sleep(0.02)


def heap():
    stats = json.loads(ask("GET", "/_nodes/_local/stats/jvm"))
    jvm = next(iter(stats["nodes"].values()))["jvm"]
    collected = sum(c["collection_time_in_millis"] for c in jvm["gc"]["collectors"].values())
    return jvm["mem"]["heap_used_percent"], collected / 1000, jvm["timestamp"] / 1000


def add(bodies, megabytes):
    for _ in range(megabytes):
        if not bodies or bodies[-1].sent_mb >= BODY_MB:
            bodies.append(Body())
        bodies[-1].grow()


def main():
    for _ in range(3):
        threading.Thread(target=churn, daemon=True).start()
    bodies = []
    readings = []
    _, collected_before, at_before = heap()
    with open(SAMPLES, "w", buffering=1) as samples:
        while True:
            time.sleep(0.3)
            try:
                percent, collected, at = heap()
            except (OSError, ValueError, KeyError, http.client.HTTPException):
                continue
            # The engine keeps its figures for a second.
            if at == at_before:
                continue
            for_s = at - at_before
            share = min((collected - collected_before) / for_s, 1)
            held = sum(body.sent_mb for body in bodies)
            samples.write(
                json.dumps({"at_s": at, "heap_percent": percent, "gc_share": share, "for_s": for_s, "held_mb": held}) + "\n"
            )
            collected_before, at_before = collected, at
            readings = [*readings[1 - READINGS :], percent]
            left = min(readings)
            try:
                if (share > MOST_SHARE or left > TOO_MUCH) and bodies:
                    bodies.pop().drop()
                elif share < WANTED_SHARE and left < ENOUGH:
                    add(bodies, 24 if left < SLOWLY_FROM else 2)
            except OSError:
                # The engine closed one: it may have ended, or refused.
                bodies = [body for body in bodies if body.alive()]


main()
