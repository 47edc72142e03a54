"""What callers send, checked: documents and searches. The rules are those of the built-in service."""

import codecs
import json
import math

ID_BYTES = 512
DATA_DEPTH = 64
QUERY_BYTES = 1024
PAGE_SIZE = 100
SAFE_INTEGER = 2**53 - 1


class Missing(Exception):
    """An answer whose exact text callers rely on."""


class Invalid(Exception):
    def __init__(self, field, text):
        super().__init__(text)
        self.field = field


class Unsupported(Exception):
    """A header says that the body cannot be read here, whatever is in it."""

    def __init__(self, field, text):
        super().__init__(text)
        self.field = field


def parse_json(raw):
    if raw.startswith(codecs.BOM_UTF8):
        raise Invalid("body", "The body begins with a byte order mark; send the same JSON without it.")
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        raise Invalid("body", "The body is not valid JSON in UTF-8.") from None


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def read_document(body):
    """From {id, data} to the document that the index template describes: {id, content, data}."""
    if not isinstance(body, dict):
        raise Invalid("body", "The body must be a JSON object with 'id' and 'data'.")
    doc_id, data = body.get("id"), body.get("data")
    if is_missing(doc_id) or is_missing(data):
        raise Missing("Missing 'id' or 'data'")
    if not isinstance(data, (str, dict)):
        raise Invalid("data", "'data' must be a string or an object.")
    return {"id": read_id(doc_id), "content": "\n".join(texts(data)), "data": data}


def is_missing(value):
    """Absent, null or empty: 0 and false are values, of the wrong type."""
    return value is None or (isinstance(value, (str, dict, list)) and len(value) == 0)


def read_id(value):
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= SAFE_INTEGER:
        value = str(value)
    if not isinstance(value, str):
        raise Invalid("id", "'id' must be a string or a whole number.")
    size = utf8_size(value, "id")
    if size > ID_BYTES:
        raise Invalid("id", f"'id' has {size} bytes in UTF-8; the most is {ID_BYTES}.")
    return value


def texts(value, depth=0):
    """All string values, depth first: what a search looks into."""
    if isinstance(value, str):
        utf8_size(value, "data")
        yield value
    elif isinstance(value, (dict, list)):
        if depth == DATA_DEPTH:
            raise Invalid("data", f"'data' is nested deeper than {DATA_DEPTH} levels.")
        if isinstance(value, dict):
            for key in value:
                utf8_size(key, "data")
        for child in value.values() if isinstance(value, dict) else value:
            yield from texts(child, depth + 1)
    elif isinstance(value, (int, float)):
        refuse_beyond_double(value)


def utf8_size(text, field):
    try:
        return len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise Invalid(field, f"'{field}' is not valid Unicode: it has half of a surrogate pair.") from None


def refuse_beyond_double(number):
    try:
        finite = math.isfinite(float(number))
    except OverflowError:
        finite = False
    if not finite:
        raise Invalid("data", "'data' has a number beyond the range of a double.")


def read_search(args):
    """The body of the engine's search."""
    query = args.get("q")
    if not query:
        raise Missing("Missing 'q' query parameter")
    size = utf8_size(query, "q")
    if size > QUERY_BYTES:
        raise Invalid("q", f"'q' has {size} bytes; the most is {QUERY_BYTES}.")
    return {
        "query": {"match": {"content": query}},
        "size": read_size(args.get("size")),
        "track_total_hits": False,
    }


def read_size(text):
    if text is None:
        return 10
    if text.isascii() and text.isdigit() and len(text) <= 9 and int(text) <= PAGE_SIZE:
        return int(text)
    raise Invalid("size", f"'size' must be a whole number from 0 to {PAGE_SIZE}.")
