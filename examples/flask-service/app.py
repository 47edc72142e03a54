"""The index and search service in Flask: the same API, the same documents and the same errors as the built-in service.

Configuration by environment: ES_HOSTS (URLs, separated by commas), INDEX, DEADLINE_MS, ES_USERNAME and ES_PASSWORD, ES_CA,
LOG_LEVEL (debug logs every request), ACME_CHALLENGES, and the variables of auth.py.
"""

import json
import logging
import os
import re
import time
import uuid

from flask import Flask, abort, g, jsonify, request, send_from_directory
from werkzeug.exceptions import HTTPException

from auth import KEY, Auth, Refused
from documents import Invalid, Missing, Unsupported, parse_json, read_document, read_search
from engine import Engine, EngineRefused, EngineUnavailable

BODY_LIMIT_BYTES = 1024 * 1024
# A directory of files for certificate authorities that verify a name (RFC 8555, 8.3); apply puts them there.
ACME_CHALLENGES = os.environ.get("ACME_CHALLENGES", "")
# Written by gunicorn.conf.py when the service is asked to stop.
DRAIN_FILE = os.environ.get("DRAIN_FILE", "")

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT_BYTES
app.json.sort_keys = False
app.json.ensure_ascii = False
log = logging.getLogger("service")
engine = Engine.from_environment(os.environ)
auth = Auth(os.environ, log)
LOGS_ALL = os.environ.get("LOG_LEVEL") == "debug"
SLOW_MS = 1000
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@app.post("/index")
def index_document():
    document = read_document(body())
    return jsonify(engine.write(document)), 201


@app.get("/search")
def search_documents():
    search = read_search(request.args)
    return jsonify(engine.search(search))


@app.get("/healthz")
def liveness():
    """What the balancer asks. It never depends on the engine: an outage of the engine must not eject healthy machines."""
    if DRAIN_FILE and os.path.exists(DRAIN_FILE):
        return jsonify(status="draining"), 503
    return jsonify(status="ok")


@app.get("/readyz")
def readiness():
    engine.ready()
    return jsonify(status="ok")


@app.get("/whoami")
def whoami():
    caller = g.caller
    rate = {} if caller.rate is None else {"requests_per_second": caller.rate[0], "burst": caller.rate[1]}
    version = {"keys_sha256": auth.keys_version} if "monitor" in caller.scopes and auth.keys_version else {}
    return jsonify(caller=caller.id, scopes=sorted(caller.scopes), **rate, **version)


@app.get("/.well-known/acme-challenge/<token>")
def acme_challenge(token):
    return send_from_directory(ACME_CHALLENGES, token) if ACME_CHALLENGES else abort(404)


def body():
    encoding = request.headers.get("Content-Encoding", "")
    if encoding.lower() not in ("", "identity"):
        raise Unsupported("Content-Encoding", f"The body has Content-Encoding {encoding}; send it without one.")
    charset = request.mimetype_params.get("charset", "utf-8")
    if charset.lower() not in ("utf-8", "utf8"):
        raise Unsupported("Content-Type", f"The body has the charset {charset}; send it in UTF-8.")
    if request.content_length in (None, 0) and not request.content_type:
        raise Invalid("body", "The body must be a JSON object with 'id' and 'data'.")
    if request.mimetype != "application/json":
        abort(415, "The body must be sent as application/json.")
    return parse_json(request.get_data())


@app.before_request
def set_request_id():
    given = request.headers.get("X-Request-Id", "")
    plain = 0 < len(given) <= 128 and all(c.isascii() and (c.isalnum() or c in "_.:+/=-") for c in given)
    # A key that was sent here by mistake must not come into the log.
    g.request_id = given if plain and not re.search(KEY, given) else str(uuid.uuid4())
    g.started_s = time.monotonic()


@app.before_request
def check_caller():
    """Before the body is read. A path that does not exist is reported first."""
    if request.url_rule is not None:
        g.caller = auth.check(request)


@app.after_request
def return_request_id(response):
    response.headers["X-Request-Id"] = g.get("request_id", "")
    response.headers.update(SECURITY_HEADERS)
    if request.headers.get("X-Forwarded-Proto") == "https":
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    log_request(response)
    return response


def log_request(response):
    """A line of JSON on stdout. No query, id, body or credential is in it."""
    ms = (time.monotonic() - g.get("started_s", time.monotonic())) * 1000
    if not (LOGS_ALL or response.status_code >= 500 or ms > SLOW_MS):
        return
    line = {
        "request_id": g.get("request_id", ""),
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule else "none",
        "status": response.status_code,
        "ms": round(ms, 1),
        "caller": g.caller.id if "caller" in g else "unknown",
    }
    print(json.dumps(line), flush=True)


def answer(status, code, text, headers=None, **more):
    content = {"error": text, "code": code, **more, "request_id": g.get("request_id", "")}
    return jsonify(content), status, headers or {}


@app.errorhandler(Missing)
def on_missing(error):
    # The exact text is part of the contract, and nothing else is in it.
    return jsonify(error=str(error)), 400


@app.errorhandler(Invalid)
def on_invalid(error):
    return answer(400, "invalid", str(error), field=error.field)


@app.errorhandler(Unsupported)
def on_unsupported(error):
    accepted = {"Accept-Encoding": "identity"} if error.field == "Content-Encoding" else {}
    return answer(415, "invalid", str(error), accepted, field=error.field)


@app.errorhandler(Refused)
def on_caller_refused(error):
    text = str(error)
    problem = {"type": "about:blank", "title": error.title, "status": error.status, "detail": text}
    response = jsonify({**problem, "error": text, "code": error.code, **error.more, "request_id": g.get("request_id", "")})
    response.content_type = "application/problem+json"
    return response, error.status, error.headers


@app.errorhandler(EngineRefused)
def on_refused(error):
    return answer(400, "engine-refused", str(error))


@app.errorhandler(EngineUnavailable)
def on_unavailable(error):
    # 429, not 5xx: the balancer's passive check takes a machine out at a 5xx, and the fault is not this machine's.
    log.warning("%s %s: %s", g.get("request_id"), request.path, error)
    wait_s = error.retry_after_s
    return answer(429, error.code, str(error), {"Retry-After": str(wait_s)}, retry_after_s=wait_s)


@app.errorhandler(HTTPException)
def on_http(error):
    codes = {404: "not-found", 405: "method-not-allowed"}
    return answer(error.code, codes.get(error.code, "invalid"), error.description, allow_header(error))


def allow_header(error):
    methods = getattr(error, "valid_methods", None)
    return {"Allow": ", ".join(sorted(methods))} if methods else {}


@app.errorhandler(Exception)
def on_fault(error):
    log.exception("%s internal fault", g.get("request_id"))
    return answer(500, "internal", "The service failed; its log has the reason under this request_id.")
