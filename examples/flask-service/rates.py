"""Token buckets, one for each key with a rate, in one process. Threads of a worker share them."""

import threading


class Rates:
    def __init__(self, processes):
        """`processes` share a machine's rate in equal parts, and each has one request of the burst at least."""
        self._share = 1 / max(1, processes)
        self._buckets = {}
        self._lock = threading.Lock()

    def take(self, key_id, rate, now_s):
        """Takes one request; 0 when it may go on, else the seconds until the next one may."""
        per_second, burst = rate[0] * self._share, max(1.0, rate[1] * self._share)
        with self._lock:
            known, tokens, at_s = self._buckets.get(key_id, (None, burst, now_s))
            if known != rate:
                tokens, at_s = burst, now_s
            tokens = min(burst, tokens + (now_s - at_s) * per_second)
            wait_s = 0 if tokens >= 1 else (1 - tokens) / per_second
            self._buckets[key_id] = (rate, tokens - 1 if tokens >= 1 else tokens, now_s)
        return wait_s
