"""Index and search with FastAPI on uvicorn. orjson and uvloop are compiled wheels."""

import os
from contextlib import asynccontextmanager
from typing import Any

import orjson
from elasticsearch import ApiError, AsyncElasticsearch, TransportError
from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel, Field

INDEX = os.environ.get("INDEX", "documents")
es = AsyncElasticsearch(
    os.environ.get("ES_HOST", "http://localhost:9200"),
    request_timeout=10,
    retry_on_timeout=True,
    max_retries=3,
    retry_on_status=[429, 502, 503, 504],
)


@asynccontextmanager
async def lifespan(_app: FastAPI):
    yield
    await es.close()


app = FastAPI(lifespan=lifespan)


class Document(BaseModel):
    id: str = Field(min_length=1, max_length=512)
    data: dict[str, Any] | str


def answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(content), status, headers, "application/json")


@app.get("/healthz")
async def liveness() -> Response:
    """What the balancer asks: it never depends on the engine."""
    return answer({"status": "ok"})


@app.get("/readyz")
async def readiness() -> Response:
    await es.options(request_timeout=2, max_retries=0).cluster.health(timeout="1s")
    return answer({"status": "ok"})


@app.post("/index")
async def write(document: Document) -> Response:
    body = {"id": document.id, "content": "\n".join(texts(document.data)), "data": document.data}
    written = await es.index(index=INDEX, id=document.id, document=body)
    return answer(written.body, 201)


@app.get("/documents/{doc_id}")
async def read(doc_id: str) -> Response:
    found = await es.get(index=INDEX, id=doc_id)
    return answer(found.body["_source"])


@app.get("/search")
async def search(q: str = Query(min_length=1, max_length=1024)) -> Response:
    found = await es.search(index=INDEX, query={"match": {"content": q}})
    return answer(found.body["hits"]["hits"])


@app.exception_handler(ApiError)
@app.exception_handler(TransportError)
async def engine_failed(_request: Request, error: Exception) -> Response:
    """429, not 5xx: the balancer takes a machine out at a 5xx, and the fault is not this machine's."""
    status = error.meta.status if isinstance(error, ApiError) else 0
    if status in (400, 404, 413):
        return answer({"error": str(error)}, 404 if status == 404 else 400)
    return answer({"error": str(error)}, 429, {"Retry-After": "1"})


def texts(value: Any):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for child in value.values() if isinstance(value, dict) else value:
            yield from texts(child)
