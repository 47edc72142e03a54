"""Found by gunicorn in its directory. Before its first request this client asks `GET /` once whether the engine is the vendor's; the parts
of the engine that are published have no such path, so the question is left out. Nothing else of the client is changed."""


def post_worker_init(worker):
    from elasticsearch.transport import Transport

    def verified(transport, headers, timeout):
        transport._verified_elasticsearch = True

    Transport._do_verify_elasticsearch = verified
