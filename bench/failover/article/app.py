"""The application of the article that this comparison starts from, with the client settings it gives.

Changed only where it cannot run as printed: the current client has no `connection_class`, its answers are turned into JSON by
`.body`, every node is given to it (with one, that node's death ends everything), the index is the one the others use, and there is
a liveness path, which the deployment asks once.
"""

import os
import time

from elasticsearch import Elasticsearch
from flask import Flask, jsonify, request

app = Flask(__name__)
INDEX = os.environ["INDEX"]

es = Elasticsearch(
    os.environ["ES_HOSTS"].split(","),
    retry_on_timeout=True,
    max_retries=3,
    retry_on_status=[500, 502, 503, 504],
    request_timeout=30,
)


def index_document_with_retry(index_name, doc_id, data):
    for attempt in range(5):
        try:
            return es.index(index=index_name, id=doc_id, document=data).body
        # The article catches the error of the `requests` library here, which this client never raises: it is Python's own.
        except ConnectionError as error:
            print(f"Connection error on attempt {attempt + 1}: {error}")
            time.sleep(2**attempt)
        except Exception as error:
            print(f"An unexpected error occurred: {error}")
            return {"error": str(error)}
    return {"error": "Failed to index document after multiple retries"}


@app.route("/healthz", methods=["GET"])
def liveness():
    return jsonify({"status": "ok"})


@app.route("/index", methods=["POST"])
def index_document():
    doc_id = request.json.get("id")
    data = request.json.get("data")
    if not doc_id or not data:
        return jsonify({"error": "Missing 'id' or 'data'"}), 400
    response = index_document_with_retry(INDEX, doc_id, data)
    if "error" in response:
        return jsonify({"error": response["error"]}), 500
    return jsonify(response), 201


@app.route("/search", methods=["GET"])
def search_documents():
    query = request.args.get("q")
    if not query:
        return jsonify({"error": "Missing 'q' query parameter"}), 400
    try:
        response = es.search(index=INDEX, body={"query": {"match": {"content": query}}})
        return jsonify(response["hits"]["hits"])
    except Exception as error:
        return jsonify({"error": str(error)}), 500
