"""AWS Signature Version 4: signs our calls to the database, checks the functions' calls to us.

Source: docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    access_key: str
    secret_key: str


@dataclass(frozen=True, slots=True)
class Call:
    """The parts of a request that a signature covers; header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@lru_cache(maxsize=64)
def _key(secret: str, date: str, region: str, service: str) -> bytes:
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signature(call: Call, signed: str, scope: str, moment: str, secret: str) -> str:
    """The hex signature over the headers named in `signed` (`a;b;c`), within `scope`."""
    canonical = "\n".join(
        (
            call.method,
            quote(call.path, safe="/~"),
            _canonical_query(call.query),
            *(f"{name}:{' '.join(call.headers[name].split())}" for name in signed.split(";")),
            "",
            signed,
            hashlib.sha256(call.body).hexdigest(),
        )
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    date, region, service, _ = scope.split("/")
    text = f"{ALGORITHM}\n{moment}\n{scope}\n{digest}"
    return hmac.digest(_key(secret, date, region, service), text.encode(), "sha256").hex()


def authentic(call: Call, credentials: Credentials) -> bool:
    """Whether `call` was signed with `credentials`; a malformed header is simply a no."""
    algorithm, _, rest = call.headers.get("authorization", "").partition(" ")
    fields = dict(field.strip().partition("=")[::2] for field in rest.split(","))
    access_key, _, scope = fields.get("Credential", "").partition("/")
    signed = fields.get("SignedHeaders", "")
    if algorithm != ALGORITHM or access_key != credentials.access_key or scope.count("/") != 3:
        return False
    if "host" not in signed.split(";") or any(n not in call.headers for n in signed.split(";")):
        return False
    moment = call.headers.get("x-amz-date", "")
    expected = signature(call, signed, scope, moment, credentials.secret_key)
    return hmac.compare_digest(expected.encode(), fields.get("Signature", "").encode())


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    pairs = sorted(pair.partition("=")[::2] for pair in query.split("&"))
    return "&".join(
        f"{quote(unquote(name), safe='~')}={quote(unquote(value), safe='~')}"
        for name, value in pairs
    )
