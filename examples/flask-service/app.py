"""The index and search service in Flask: the same API, the same documents and the same errors as the built-in service.

Configuration by environment: ES_HOSTS (URLs, separated by commas), INDEX, DEADLINE_MS, ES_USERNAME and ES_PASSWORD, ES_CA.
"""

import logging
import os
import uuid

from flask import Flask, abort, g, jsonify, request
from werkzeug.exceptions import HTTPException

from documents import Invalid, Missing, Unsupported, parse_json, read_document, read_search
from engine import Engine, EngineRefused, EngineUnavailable

BODY_LIMIT_BYTES = 1024 * 1024
# Written by gunicorn.conf.py when the service is asked to stop.
DRAIN_FILE = os.environ.get("DRAIN_FILE", "")

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT_BYTES
app.json.sort_keys = False
app.json.ensure_ascii = False
log = logging.getLogger("service")
engine = Engine.from_environment(os.environ)


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
    g.request_id = given if plain else str(uuid.uuid4())


@app.after_request
def return_request_id(response):
    response.headers["X-Request-Id"] = g.get("request_id", "")
    return response


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
