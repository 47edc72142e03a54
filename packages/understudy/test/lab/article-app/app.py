"""A small Flask application as people have it: it answers 500 for whatever goes wrong, has no read by id, and makes its index itself.

Beside its two handlers it has a liveness path, which fails while the file `broken` exists, and one handler that always fails.
"""

import os

from elasticsearch import Elasticsearch
from flask import Flask, jsonify, request

app = Flask(__name__)
# The gateway logs in by itself; the engines are told who calls, and are verified.
login = {}
if "ES_CA" in os.environ:
    login = {"ca_certs": os.environ["ES_CA"], "basic_auth": (os.environ["ES_USERNAME"], os.environ["ES_PASSWORD"])}
# ES_HOSTS are the nodes, ES_HOST is the gateway.
es = Elasticsearch(os.environ[os.environ.get("ENGINE", "ES_HOSTS")].split(","), **login)


@app.route("/healthz", methods=["GET"])
def liveness():
    return jsonify({"status": "ok"}), 500 if os.path.exists("/var/lib/understudy/broken") else 200


@app.route("/boom", methods=["GET"])
def always_fails():
    raise RuntimeError("a mistake of the application")


@app.route("/index", methods=["POST"])
def index_document():
    doc_id = request.json.get("id")
    data = request.json.get("data")
    if not doc_id or not data:
        return jsonify({"error": "Missing 'id' or 'data'"}), 400
    try:
        response = es.index(index="my-index", id=doc_id, document=data)
        return jsonify(response.body), 201
    except Exception as e:
        return jsonify({"error": str(e)}), 500


@app.route("/search", methods=["GET"])
def search_documents():
    query = request.args.get("q")
    if not query:
        return jsonify({"error": "Missing 'q' query parameter"}), 400
    try:
        response = es.search(index="my-index", body={"query": {"match": {"content": query}}})
        return jsonify(response["hits"]["hits"])
    except Exception as e:
        return jsonify({"error": str(e)}), 500
