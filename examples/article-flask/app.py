"""The application of the article, with no more changed than it needs to work. docs/your-app.md says why for each place marked CHANGED."""

from flask import Flask, request, jsonify
from elasticsearch import ApiError, Elasticsearch, TransportError
import os

app = Flask(__name__)

# ES_HOST is the gateway on this machine, which knows every node.
ES_HOST = os.environ.get("ES_HOST", "http://localhost:9200")
# CHANGED: the index of the topology, the retries that the client has today, and a connection for each thread of gunicorn.
es = Elasticsearch(
    [ES_HOST],
    request_timeout=10,
    retry_on_timeout=True,
    max_retries=3,
    retry_on_status=[429, 502, 503, 504],
    connections_per_node=64,
)
INDEX = os.environ.get("INDEX", "documents")


# CHANGED: new. The balancer asks it, and it does not ask the engine.
@app.route('/healthz', methods=['GET'])
def healthz():
    return jsonify({"status": "ok"})


@app.route('/index', methods=['POST'])
def index_document():
    doc_id = request.json.get('id')
    data = request.json.get('data')
    if not doc_id or not data:
        return jsonify({"error": "Missing 'id' or 'data'"}), 400

    try:
        # CHANGED: the text goes into the field that the search reads.
        response = es.index(index=INDEX, id=doc_id, document={"id": doc_id, "content": text_of(data), "data": data})
        # CHANGED: the client answers with an object of its own, which is no JSON.
        return jsonify(response.body), 201
    except (ApiError, TransportError) as e:
        return engine_failed(e)


@app.route('/search', methods=['GET'])
def search_documents():
    query = request.args.get('q')
    if not query:
        return jsonify({"error": "Missing 'q' query parameter"}), 400

    try:
        response = es.search(index=INDEX, query={"match": {"content": query}})
        return jsonify(response['hits']['hits'])
    except (ApiError, TransportError) as e:
        return engine_failed(e)


# CHANGED: new.
def text_of(data):
    """Every text that is anywhere in a document, one a line."""
    if isinstance(data, dict):
        return "\n".join(text_of(value) for value in data.values())
    if isinstance(data, list):
        return "\n".join(text_of(value) for value in data)
    return data if isinstance(data, str) else ""


# CHANGED: 429 instead of 500. A 5xx makes the balancer take this machine out, and the fault is not this machine's.
def engine_failed(e):
    if isinstance(e, ApiError) and e.meta.status in (400, 413):
        return jsonify({"error": str(e)}), 400
    return jsonify({"error": str(e)}), 429, {"Retry-After": "1"}


if __name__ == '__main__':
    app.run(host='0.0.0.0', port=5000)
