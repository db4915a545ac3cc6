"""API keys: made, kept as hashes, compared in constant time.

A key is 32 random bytes, so that one round of SHA-256 is enough to keep it: there is nothing to guess from.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from starlette.requests import Request

from geulnun.errors import InputError, UsageError
from geulnun.server.refusals import Refusal

ENVIRONMENT = "GEULNUN_API_KEYS"
LEAST_LENGTH = 16

_HEADERS = ("x-api-key", "x-ocr-secret", "ocp-apim-subscription-key")
_NAME = re.compile(r"[\w.-]{1,64}")
_HASH = re.compile(r"sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """Who may come in.

    Attributes:
        name: what logs call the owner.
        digest: SHA-256 of the key, as hexadecimal digits.
    """

    name: str
    digest: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise UsageError(f"API key name {self.name!r}: allowed are 1 to 64 letters, digits, '.', '_' and '-'.")

    @classmethod
    def of_secret(cls, name: str, secret: str) -> Self:
        """The key of a secret.

        Raises:
            UsageError: a name that would not do in a log, or a secret that is too short.
        """
        if len(secret) < LEAST_LENGTH:
            raise UsageError(
                f"the API key {name!r} has {len(secret)} characters; at least {LEAST_LENGTH} are needed. "
                f"Make one with: geulnun serve --new-key {name}"
            )
        return cls(name=name, digest=_hash(secret))

    @property
    def line(self) -> str:
        """How it stands in a file of keys."""
        return f"{self.name} sha256:{self.digest}"


def make_secret() -> str:
    """A new secret that nobody can guess."""
    return secrets.token_urlsafe(32)


def read_key_file(path: Path) -> tuple[ApiKey, ...]:
    """The keys of a file: a name and ``sha256:HASH`` on each line; empty lines and those with # are passed over.

    Raises:
        InputError: missing, not readable, or a line of another form.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(
            f"API keys: {path} cannot be read ({error.strerror}). Check its path and permissions."
        ) from error
    except UnicodeError as error:
        raise InputError(f"API keys: {path} is not UTF-8 text. Save it as UTF-8.") from error
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, _, hashed = line.strip().partition(" ")
        match = _HASH.fullmatch(hashed.strip())
        if match is None or not _NAME.fullmatch(name):
            # The line itself is not shown: it may be a secret that was pasted by mistake.
            raise InputError(
                f"API keys: line {number} of {path} is not `NAME sha256:HASH`. "
                "Make one with: geulnun serve --new-key NAME"
            )
        found.append(ApiKey(name=name, digest=match[1]))
    if not found:
        raise InputError(f"API keys: {path} holds none. Make one with: geulnun serve --new-key NAME")
    return tuple(found)


def parse_environment(value: str) -> tuple[ApiKey, ...]:
    """The keys of an environment variable: ``name=secret`` or ``name=sha256:HASH``, separated by commas.

    Raises:
        UsageError: another form, a name that would not do in a log, or a secret that is too short.
    """
    found = []
    for part in filter(None, (part.strip() for part in value.split(","))):
        name, equals, secret = part.partition("=")
        if not equals:
            raise UsageError(f"{ENVIRONMENT} is NAME=KEY or NAME=sha256:HASH, several separated by commas.")
        match = _HASH.fullmatch(secret)
        found.append(ApiKey(name=name, digest=match[1]) if match else ApiKey.of_secret(name, secret))
    return tuple(found)


def find_owner(keys: Iterable[ApiKey], secret: str) -> str | None:
    """The name of the key with this secret. Every key is compared, so that time says nothing."""
    digest = _hash(secret)
    owners = [key.name for key in keys if secrets.compare_digest(key.digest, digest)]
    return owners[0] if owners else None


def authorize(request: Request, secret: str | None = None) -> None:
    """Let a request in, and note whose key it came with in `request.state.owner`.

    Args:
        request: its headers are looked at as all the clients write them that adapters serve.
        secret: a key that came by another way, such as inside the body.

    Raises:
        Refusal: 401, no key or a wrong one.
    """
    keys: tuple[ApiKey, ...] = request.app.state.services.settings.keys
    if not keys:
        request.state.owner = "anonymous"
        return
    secret = secret or _find_secret(request)
    owner = find_owner(keys, secret) if secret else None
    if owner is None:
        seen = "the API key is wrong" if secret else "an API key is needed"
        raise Refusal(
            401,
            "wrong-key" if secret else "no-key",
            f"{seen}. Send one as `Authorization: Bearer KEY` or `X-API-Key: KEY`.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    request.state.owner = owner


def brings_key(request: Request) -> bool:
    """Whether the headers of a request hold a key, right or wrong, or none is needed."""
    return not request.app.state.services.settings.keys or _find_secret(request) is not None


def _find_secret(request: Request) -> str | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    for header in _HEADERS:
        if found := request.headers.get(header):
            return found
    return None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", errors="surrogatepass")).hexdigest()
