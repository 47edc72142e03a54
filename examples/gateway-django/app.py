"""Save and find articles with Django. The gateway on this machine finds the nodes, retries, and has the password: there is no code for it here."""

import json
import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from elasticsearch import ApiError, Elasticsearch

search = Elasticsearch(os.environ.get("ES_HOSTS", "http://127.0.0.1:9200"), max_retries=0)


@csrf_exempt
def article(request: HttpRequest, id: str) -> JsonResponse:
    if request.method == "PUT":
        saved = search.index(index="articles", id=id, document=json.loads(request.body))
        return JsonResponse({"version": saved["_version"]})
    return JsonResponse(search.get(index="articles", id=id)["_source"])


def find(request: HttpRequest) -> JsonResponse:
    found = search.search(index="articles", query={"match": {"text": request.GET["q"]}})
    return JsonResponse({"articles": [hit["_source"] for hit in found["hits"]["hits"]]})


class EngineErrors:
    """The engine's own status and the reason go to the caller: 404 for what is missing, 503 while no node answers."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest):
        return self.get_response(request)

    def process_exception(self, _request: HttpRequest, error: Exception):
        if isinstance(error, ApiError):
            return JsonResponse({"error": error.body}, status=error.status_code)
        return None


urlpatterns = [path("articles/<str:id>", article), path("search", find)]

settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    SECRET_KEY=os.environ.get("SECRET_KEY", os.urandom(32).hex()),
    MIDDLEWARE=[f"{__name__}.EngineErrors"],
)
application = get_wsgi_application()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
