"""The search engine through elasticsearch-py: every node, one deadline over all attempts, retries that back off."""

import random
import time

from elastic_transport import ConnectionError, ConnectionTimeout, TlsError
from elasticsearch import ApiError, Elasticsearch

RETRIED_STATUS = (429, 502, 503, 504)
FIRST_PAUSE_S = 0.05
MOST_PAUSE_S = 2.0
READY_WITHIN_S = 1.5


class EngineUnavailable(Exception):
    def __init__(self, text, code="engine-unavailable", retry_after_s=1):
        super().__init__(text)
        self.code = code
        self.retry_after_s = retry_after_s


class EngineBlocked(EngineUnavailable):
    """The engine answers and accepts no writes, or no reads, until an operator or more disk space removes a block."""

    def __init__(self, text, what):
        super().__init__(text, f"{what}-blocked", retry_after_s=30)


class EngineRefused(Exception):
    """The engine will never take this request as it is."""


class Engine:
    def __init__(self, hosts, index, deadline_s, basic_auth=None, ca_certs=None):
        security = {"ca_certs": ca_certs} if ca_certs else {}
        # Retries are ours: the client's own start at once, know no deadline, and leave every node marked dead.
        self._client = Elasticsearch(hosts, basic_auth=basic_auth, max_retries=0, retry_on_timeout=False, **security)
        self._index = index
        self._deadline_s = deadline_s

    @classmethod
    def from_environment(cls, environment):
        hosts = [host.strip() for host in environment.get("ES_HOSTS", "http://127.0.0.1:9200").split(",") if host.strip()]
        user, password = environment.get("ES_USERNAME"), environment.get("ES_PASSWORD")
        return cls(
            hosts,
            environment.get("INDEX") or "documents",
            int(environment.get("DEADLINE_MS") or 20_000) / 1000,
            (user, password) if user and password else None,
            environment.get("ES_CA") or None,
        )

    def write(self, document):
        """Creates or replaces. Safe to repeat, because the id is the caller's."""

        def attempt(client):
            return client.index(index=self._index, id=document["id"], document=document).body

        return self._within_deadline(attempt, "write")

    def search(self, body):
        def attempt(client):
            try:
                return client.search(index=self._index, allow_partial_search_results=False, **body)["hits"]["hits"]
            except ApiError as error:
                if error.meta.status == 404:
                    return []  # Nothing was ever indexed.
                raise

        return self._within_deadline(attempt, "read")

    def ready(self):
        try:
            self._client.options(request_timeout=READY_WITHIN_S).cluster.health(timeout="1s")
        except (ConnectionError, ConnectionTimeout, TlsError, ApiError) as error:
            raise EngineUnavailable(f"The search engine is not ready: {error}") from error

    def _within_deadline(self, attempt, what):
        end = time.monotonic() + self._deadline_s
        pause_s = FIRST_PAUSE_S
        reason, sent = None, False
        while (left_s := end - time.monotonic()) > 0:
            try:
                return attempt(self._client.options(request_timeout=left_s))
            except ApiError as error:
                if block := block_text(error):
                    verb = "accepts no writes" if what == "write" else "serves no reads"
                    raise EngineBlocked(f"The search engine {verb} now: {block}", what) from error
                if error.meta.status not in RETRIED_STATUS:
                    raise self._final(error) from error
                reason = error
            except ConnectionTimeout as error:
                reason, sent = error, True
            except (ConnectionError, TlsError) as error:
                reason = error
            # Full jitter: callers that failed together must not come back together.
            time.sleep(max(0.0, min(random.uniform(0, pause_s), end - time.monotonic())))
            pause_s = min(MOST_PAUSE_S, pause_s * 2)
        code = "outcome-unknown" if sent and what == "write" else "engine-unavailable"
        raise EngineUnavailable(f"The search engine did not answer the {what} in time.", code) from reason

    @staticmethod
    def _final(error):
        text = f"The search engine refused: {error.message}"
        return EngineRefused(text) if error.meta.status in (400, 413) else EngineUnavailable(text)


def block_text(error):
    """The block that the engine names, and what removes it; None for any other error. A 503 block goes by itself."""
    if error.meta.status not in (400, 403, 404, 429) or not isinstance(error.body, dict):
        return None
    said = error.body.get("error")
    kind, reason = (said.get("type"), said.get("reason")) if isinstance(said, dict) else (None, None)
    if kind == "index_not_found_exception":
        return f"{reason}. Create the index, or allow the engine to."
    if kind == "index_closed_exception":
        return "the index is closed. Open it: POST /INDEX/_open."
    if kind != "cluster_block_exception":
        return None
    if error.meta.status == 429:
        return f"{reason} Free or add disk space on the search machines; the engine then lifts the block."
    return f"{reason} It was set by an operator; remove the setting index.blocks or cluster.blocks when it is not needed."
