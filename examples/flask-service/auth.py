"""Who may call: keys from a file of hashes, or tokens of an identity provider. The rules are those of the built-in service.

Configuration by environment: AUTH (keys, jwks or public, no default), AUTH_KEYS_FILE, AUTH_JWKS_URL, AUTH_ISSUER, AUTH_AUDIENCE,
AUTH_INSIDE and AUTH_BALANCER (networks), WORKERS (processes that share the rates).
"""

import hashlib
import hmac
import ipaddress
import json
import os
import re
import sys
import time
from urllib.parse import urlsplit

from rates import Rates
from tokens import Tokens, TokenRefused

SCOPES = ("read", "write", "admin", "monitor")
NEEDED = {
    "/index": "write",
    "/search": "read",
    "/healthz": None,
    "/readyz": "monitor",
    "/whoami": "any",
    "/.well-known/acme-challenge/<token>": None,
}
MOST_CHARACTERS = 8192
KEY = r"us_([a-z][a-z0-9-]{0,31})_([A-Za-z0-9_-]{43})"
WHOLE_KEY = re.compile(KEY)
QUERY_NAMES = re.compile(r"(?:^|&)(?:access_token|api[-_]?key|key|token|authorization|bearer)(?:=|&|$)", re.IGNORECASE)
FORWARDING = ("X-Forwarded-For", "Forwarded", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP")
NOBODY = bytes(32)

TEXTS = {
    "missing": "This path needs a credential: send Authorization: Bearer KEY.",
    "malformed": "The Authorization header is not Bearer and a key or token.",
    "too-long": f"The credential is longer than {MOST_CHARACTERS} characters.",
    "in-query": "A credential in the URL ends up in logs: send Authorization: Bearer KEY. Have this key revoked if it was sent by mistake.",
    "unknown-key": "The credential is wrong, or was revoked.",
    "peer": "This service takes no requests that another service machine passes on.",
    "algorithm": "The token is not signed with an asymmetric algorithm that is allowed here.",
    "expired": "The token has expired.",
    "not-yet-valid": "The token is not valid yet.",
    "issuer": "The token is of another issuer.",
    "audience": "The token is for another audience.",
    "signature": "The token is not one that its issuer signed, or lacks exp, iss or aud.",
}


class Refused(Exception):
    """An answer of problem+json; `more` are its further members."""

    def __init__(self, status, code, title, text, headers=None, **more):
        super().__init__(text)
        self.status, self.code, self.title, self.headers, self.more = status, code, title, headers or {}, more


def unauthenticated(reason):
    detail = "" if reason == "missing" else ', error="invalid_token"'
    headers = {"WWW-Authenticate": f'Bearer realm="understudy"{detail}'}
    return Refused(401, "unauthenticated", "Not authenticated", TEXTS[reason], headers, reason=reason)


class Caller:
    def __init__(self, caller_id, scopes=(), rate=None):
        self.id, self.scopes, self.rate = caller_id, frozenset(scopes), rate


class Keys:
    """Looked at for every request, so that a revoked key is refused by every process with the next one."""

    def __init__(self, path, log):
        self._path, self._log = path, log
        self._keys, self._seen, self.version = {}, None, ""
        self._read(os.stat(path))

    def find(self, key_id, secret):
        self.refresh()
        key = self._keys.get(key_id)
        digest = hashlib.sha256(secret.encode()).digest()
        return key if hmac.compare_digest(digest, key["sha256"] if key else NOBODY) else None

    def refresh(self):
        try:
            stat = os.stat(self._path)
            if mark_of(stat) != self._seen:
                self._read(stat)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            # What was good before stays in force.
            self._log.error("AUTH_KEYS_FILE cannot be read (%s); the keys before it stay in force", type(error).__name__)

    def _read(self, stat):
        self._seen = mark_of(stat)
        with open(self._path, "rb") as file:
            raw = file.read()
        self._keys = read_keys(json.loads(raw))
        self.version = hashlib.sha256(raw).hexdigest()


def mark_of(stat):
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def read_keys(content):
    if content["format"] != "understudy-keys-1":
        raise ValueError("format")
    keys = {}
    for entry in content["keys"]:
        scopes = entry["scopes"]
        if not scopes or any(scope not in SCOPES for scope in scopes):
            raise ValueError("scopes")
        digest = bytes.fromhex(entry["sha256"])
        if len(digest) != 32:
            raise ValueError("sha256")
        per_second = entry.get("requestsPerSecond")
        rate = None if per_second is None else (float(per_second), float(entry.get("burst") or max(1, per_second)))
        keys[entry["id"]] = {"sha256": digest, "scopes": scopes, "rate": rate}
    return keys


class Auth:
    """Ends the process when the environment is wrong: nobody is to be let in by a mistake."""

    def __init__(self, environment, log):
        self._mode = environment.get("AUTH", "")
        if self._mode not in ("keys", "jwks", "public"):
            sys.exit(
                f"The service cannot start: AUTH is '{self._mode}'. Set AUTH=keys and AUTH_KEYS_FILE, AUTH=jwks and AUTH_JWKS_URL, "
                "AUTH_ISSUER and AUTH_AUDIENCE, or AUTH=public, with which everybody who reaches the port may read and write."
            )
        path = environment.get("AUTH_KEYS_FILE")
        if self._mode == "keys" and not path:
            sys.exit("The service cannot start: AUTH is keys, and AUTH_KEYS_FILE is not set.")
        try:
            self._keys = Keys(path, log) if path and self._mode != "public" else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            sys.exit(f"The service cannot start: AUTH_KEYS_FILE {path} cannot be read ({type(error).__name__}).")
        self._tokens = Tokens.from_environment(environment, log) if self._mode == "jwks" else None
        self._rates = Rates(int(environment.get("WORKERS") or 1))
        self._inside = networks(environment.get("AUTH_INSIDE") or "127.0.0.0/8,::1")
        self._balancer = networks(environment.get("AUTH_BALANCER") or "")

    @property
    def keys_version(self):
        if self._keys is None:
            return None
        self._keys.refresh()
        return self._keys.version

    def check(self, request):
        """The caller; raises `Refused`."""
        needed = NEEDED.get(request.url_rule.rule, "monitor")
        if needed is None or self._mode == "public":
            return Caller("public")
        if "X-Understudy-Peer" in request.headers:
            raise unauthenticated("peer")
        caller = self._insider(request, needed) or self._holder(request)
        if needed != "any" and needed not in caller.scopes:
            text = f"This credential lacks the scope {needed}."
            challenge = f'Bearer realm="understudy", error="insufficient_scope", scope="{needed}"'
            raise Refused(
                403, "forbidden", "Scope missing", text, {"WWW-Authenticate": challenge}, reason="scope", scope=needed
            )
        wait_s = self._rates.take(caller.id, caller.rate, time.monotonic()) if caller.rate else 0
        if wait_s > 0:
            whole = max(1, int(wait_s + 0.999))
            text = "This key has used up its rate; nothing was done."
            headers = {"Retry-After": str(whole)}
            raise Refused(429, "rate-limited", "Too many requests", text, headers, reason="rate", retry_after_s=whole)
        return caller

    def _insider(self, request, needed):
        """The address is that of the connection; a header only ever makes a request one from outside."""
        headers = request.headers
        if needed != "monitor" or "Authorization" in headers or any(name in headers for name in FORWARDING):
            return None
        address = ipaddress.ip_address(request.remote_addr or "0.0.0.0")
        if any(address in network for network in self._balancer):
            return Caller("balancer", ("monitor",)) if request.url_rule.rule == "/readyz" else None
        return Caller("inside", ("monitor",)) if any(address in network for network in self._inside) else None

    def _holder(self, request):
        credential = credential_of(request)
        words = WHOLE_KEY.fullmatch(credential)
        if words and self._keys:
            key = self._keys.find(*words.groups())
            if key is None:
                raise unauthenticated("unknown-key")
            return Caller(words.group(1), key["scopes"], key["rate"])
        if self._tokens is None or "." not in credential:
            raise unauthenticated("unknown-key")
        try:
            subject, scopes = self._tokens.verify(credential)
        except TokenRefused as error:
            if error.reason == "outage":
                text = "The signing keys of the issuer cannot be fetched now, so the token cannot be verified; nothing was done."
                title = "Token cannot be verified"
                raise Refused(429, "login-unavailable", title, text, {"Retry-After": "5"}, retry_after_s=5) from error
            raise unauthenticated(error.reason) from error
        return Caller(f"jwt:{subject}", [scope for scope in scopes if scope in SCOPES])


def credential_of(request):
    query = urlsplit(request.full_path).query
    if QUERY_NAMES.search(query) or re.search(KEY, query):
        raise unauthenticated("in-query")
    given = request.headers.get("Authorization")
    if given is None:
        raise unauthenticated("missing")
    if len(given) > MOST_CHARACTERS:
        raise unauthenticated("too-long")
    found = re.fullmatch(r"bearer +([\w.~+/=-]+)", given, re.IGNORECASE | re.ASCII)
    if not found:
        raise unauthenticated("malformed")
    return found.group(1)


def networks(text):
    return [ipaddress.ip_network(word.strip(), strict=False) for word in text.split(",") if word.strip()]
