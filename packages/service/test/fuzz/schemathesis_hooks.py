# Teaches schemathesis the body of /bulk: lines of JSON, sent as they are.
import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
