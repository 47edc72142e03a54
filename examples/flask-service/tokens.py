"""Tokens of an identity provider, verified by its published keys: asymmetric algorithms alone. Known keys stay in use while its host is away."""

import json
import re
import sys
import threading
import time
import urllib.request
from urllib.parse import urlsplit

import jwt

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
FETCH_WITHIN_S = 3
REFRESH_EVERY_S = 300
COOLDOWN_S = 30
LEEWAY_S = 5
MOST_BYTES = 1024 * 1024


class TokenRefused(Exception):
    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


class Tokens:
    def __init__(self, url, issuer, audience, log):
        self._url, self._issuer, self._audience, self._log = url, issuer, audience, log
        self._keys, self._fetched_s, self._tried_s = {}, None, None
        self._lock = threading.Lock()

    @classmethod
    def from_environment(cls, environment, log):
        names = ("AUTH_JWKS_URL", "AUTH_ISSUER", "AUTH_AUDIENCE")
        missing = [name for name in names if not environment.get(name)]
        if missing:
            sys.exit(f"The service cannot start: AUTH is jwks, and {', '.join(missing)} is not set.")
        url = urlsplit(environment["AUTH_JWKS_URL"])
        if url.scheme != "https" and not (url.scheme == "http" and url.hostname in ("127.0.0.1", "localhost", "::1")):
            sys.exit("The service cannot start: AUTH_JWKS_URL must be an https URL: who changes those keys can log in as anybody.")
        return cls(*(environment[name] for name in names), log)

    def verify(self, token):
        """(subject, scopes). Raises `TokenRefused`."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise TokenRefused("signature") from None
        if header.get("alg") not in ALGORITHMS:
            raise TokenRefused("algorithm")
        try:
            claims = jwt.decode(
                token,
                self._key(header.get("kid")),
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.PyJWTError as error:
            raise TokenRefused(reason_of(error)) from error
        scope = claims.get("scope")
        subject = claims.get("sub") or ""
        name = subject if re.fullmatch(r"[\w.@|:+-]{1,128}", subject, re.ASCII) else "unnamed"
        return name, scope.split(" ") if isinstance(scope, str) else []

    def _key(self, kid):
        with self._lock:
            now_s = time.monotonic()
            if self._fetched_s is None or now_s - self._fetched_s > REFRESH_EVERY_S:
                self._fetch(now_s, needed=not self._keys)
            if kid not in self._keys and now_s - (self._fetched_s or 0) > COOLDOWN_S:
                self._fetch(now_s, needed=True)
            found = self._keys.get(kid)
        if found is None:
            raise TokenRefused("signature")
        return found

    def _fetch(self, now_s, needed):
        # A host that is away is asked again after a second at the earliest: every caller waits for it.
        if self._tried_s is not None and now_s - self._tried_s < 1:
            if needed:
                raise TokenRefused("outage")
            return
        self._tried_s = now_s
        try:
            with urllib.request.urlopen(self._url, timeout=FETCH_WITHIN_S) as answer:
                keys = jwt.PyJWKSet.from_dict(json.loads(answer.read(MOST_BYTES))).keys
            self._keys = {key.key_id: key for key in keys}
            self._fetched_s = now_s
        except (OSError, ValueError, jwt.PyJWTError) as error:
            self._log.warning("the keys of AUTH_JWKS_URL cannot be fetched (%s)", type(error).__name__)
            if needed:
                raise TokenRefused("outage") from error


def reason_of(error):
    if isinstance(error, jwt.ExpiredSignatureError):
        return "expired"
    if isinstance(error, jwt.ImmatureSignatureError):
        return "not-yet-valid"
    if isinstance(error, jwt.InvalidIssuerError):
        return "issuer"
    if isinstance(error, jwt.InvalidAudienceError):
        return "audience"
    if isinstance(error, jwt.MissingRequiredClaimError):
        return {"iss": "issuer", "aud": "audience"}.get(error.claim, "signature")
    return "algorithm" if isinstance(error, jwt.InvalidAlgorithmError) else "signature"
