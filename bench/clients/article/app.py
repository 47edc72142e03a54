"""The article's application as it is printed: the application, and in it the client's settings and the retries that the article adds to it
at its end. The client is of version 7, the last one that has what this code imports."""

from flask import Flask, request, jsonify
from elasticsearch import Elasticsearch, RequestsHttpConnection
from requests.exceptions import ConnectionError
import os
import time

app = Flask(__name__)

# Configure Elasticsearch connection
# In a real-world scenario, use environment variables or a config file
# The ES_HOST should point to your Elasticsearch NodeBalancer or individual nodes
ES_HOST = os.environ.get("ES_HOST", "http://localhost:9200")

# Configure Elasticsearch connection with retries
es = Elasticsearch(
    [ES_HOST],
    connection_class=RequestsHttpConnection,
    retry_on_timeout=True,
    max_retries=3,
    retry_on_status=[500, 502, 503, 504],
    request_timeout=30
)

# Example of a function that might need retry logic
def index_document_with_retry(index_name, doc_id, data):
    for attempt in range(5): # Try up to 5 times
        try:
            response = es.index(index=index_name, id=doc_id, document=data)
            return response
        except ConnectionError as ce:
            print(f"Connection error on attempt {attempt + 1}: {ce}")
            time.sleep(2 ** attempt) # Exponential backoff
        except Exception as e:
            print(f"An unexpected error occurred: {e}")
            return {"error": str(e)}
    return {"error": "Failed to index document after multiple retries"}

@app.route('/index', methods=['POST'])
def index_document():
    doc_id = request.json.get('id')
    data = request.json.get('data')
    if not doc_id or not data:
        return jsonify({"error": "Missing 'id' or 'data'"}), 400

    response = index_document_with_retry("my-index", doc_id, data)
    if "error" in response:
        return jsonify({"error": response["error"]}), 500
    else:
        return jsonify(response), 201

@app.route('/search', methods=['GET'])
def search_documents():
    query = request.args.get('q')
    if not query:
        return jsonify({"error": "Missing 'q' query parameter"}), 400

    try:
        response = es.search(index="my-index", body={"query": {"match": {"content": query}}})
        return jsonify(response['hits']['hits'])
    except Exception as e:
        return jsonify({"error": str(e)}), 500
