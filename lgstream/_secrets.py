"""Recognise secrets: by the name of a value, and by their form in a text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

REDACTED: Final = "<redacted>"
"""Stands for a secret."""

_NEVER, _MAYBE, _ALWAYS = range(3)
"""Whether the value of a name is a secret. Maybe: if the value looks like one."""

_MAX_NAME_CHARS = 200
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
_QUALIFIERS = frozenset((
    "value", "values", "hash", "hashed", "old", "new", "current", "base", "header", "headers", "text", "string",
    "str", "plain", "plaintext", "raw", "encoded", "confirm", "confirmation", "prod", "production", "dev",
    "staging",
))  # fmt: skip
"""Words after the name of a secret that leave it one: ``password_hash``, but not ``password_reset_url``."""

_SECRET_WORDS = frozenset((
    "password", "passwords", "passwd", "pwd", "passphrase", "passcode", "secret", "secrets", "credential",
    "credentials", "creds", "authorization", "auth", "cookie", "cookies", "jwt", "bearer",
))  # fmt: skip
_SECRET_ENDINGS = (
    "password", "passwd", "passphrase", "apikey", "secretkey", "privatekey", "accesskey", "authtoken", "accesstoken",
    "refreshtoken", "csrftoken", "xsrftoken", "sessiontoken", "clientsecret", "setcookie",
)  # fmt: skip
_KEY_OWNERS = frozenset((
    "api", "secret", "private", "access", "signing", "encryption", "decryption", "auth", "master", "ssh", "hmac",
    "session", "jwt", "webhook", "deploy",
))  # fmt: skip
"""What a secret key is for; other keys, such as ``primary_key``, are not secret."""

_MAYBE_KEY_OWNERS = frozenset((
    "account", "service", "subscription", "shared", "storage", "app", "application", "client",
))  # fmt: skip
_TOKEN_OWNERS = frozenset((
    "access", "auth", "refresh", "api", "bearer", "id", "session", "security", "csrf", "xsrf", "bot", "oauth",
    "personal", "jwt", "push", "github", "gitlab", "slack", "hf", "discord", "telegram",
))  # fmt: skip
_OTHER_TOKENS = frozenset((
    "bos", "eos", "pad", "unk", "sep", "cls", "mask", "stop", "start", "end", "begin", "special", "next", "prev",
    "page", "continuation", "cursor", "per", "max", "min", "first", "last", "input", "output", "prompt",
    "completion", "total", "each", "every",
))  # fmt: skip
"""What is before ``token`` where it is a token of text, or of a page of results."""

_JSON_TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
_MAX_SCHEMA_CHARS = 300

_CREDENTIAL = re.compile(r"[A-Za-z0-9_.~+/=:\-]{12,}")
_CONSTANTS = frozenset(("", "None", "True", "False", "null", "true", "false", "undefined"))

_KNOWN_FORMATS = re.compile(
    r"(?<![\w\-])(?:"
    r"sk-(?=[\w\-]*\d)[\w\-]{16,}|[sr]k_(?:live|test)_\w{16,}|tvly-[\w\-]{16,}|glpat-[\w\-]{16,}"
    r"|gh[opusr]_\w{20,}|github_pat_\w{20,}|gsk_\w{20,}|hf_[A-Za-z0-9]{20,}|lsv2_[a-z]{2}_\w{16,}"
    r"|xox[a-z]-[\w\-]{10,}|A[KS]IA[A-Z0-9]{16}\b|AIza[\w\-]{30,}|eyJ[\w\-]{8,}\.[\w\-]{8,}(?:\.[\w\-]*)?"
    r")|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?"
)
_SCHEMES = re.compile(
    r"\b(Bearer|bearer(?=\s+\S*[\d_\-+/=])|BEARER|Basic(?=\s+\S*[\d=]))(\s{1,4})(?!<redacted)[A-Za-z0-9_.~+/=\-]{8,}"
)
_URL_PASSWORD = re.compile(r"(?<=://)([^\s/@:?#\"'<>]{0,200}):(?!<redacted)([^\s/@\"'<>]{1,500})@")
_ASSIGNMENT = re.compile(
    r"(?<![\w.\-])(?P<name>[A-Za-z_][\w.\-]{1,60})(?P<key_quote>\\*[\"'])?(?P<sign>\s{0,3}[:=,]\s{0,3})"
    r"(?P<quote>[bru]?\\*[\"'])?"
)
_BARE_VALUE = re.compile(r"[^\s&;,\"'<>(){}\[\]\\=]+={0,2}")
_HEADER_VALUE = re.compile(r"[^\r\n\"'\\]+")
_COOKIE_VALUE = re.compile(r"[\w.\-]{1,100}=[^\r\n\"'\\]*")
_BRACKET = re.compile(r"[{}\[\]()]")
_JSON_SCHEMA = re.compile(
    r"[\"'](?:anyOf|allOf|\$ref)[\"'\\]"
    r"|[\"']type\\*[\"']: ?\\*[\"'](?:string|integer|number|boolean|array|object)\\*[\"']"
)
_QUOTED_VALUES = {quote: re.compile(rf"(?:[^{quote}\\]|\\.)*", re.DOTALL) for quote in "\"'"}
_HEADERS = frozenset(("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key"))


def could_hide_secret(name: str) -> bool:
    """Return True if a value with this name is or may be a secret."""
    return _kind_of_name(name) != _NEVER


def is_secret_name(name: str, value: Any) -> bool:
    """Return True if ``name`` looks like the name of a secret, and ``value`` can be one."""
    kind = _kind_of_name(name)
    if kind == _NEVER or value is None or value is True or value is False:
        return False
    if type(value) in (str, bytes, list, tuple, dict) and not value:
        return False
    if type(value) is dict and _is_json_schema(value):  # of an argument with this name
        return False
    return kind == _ALWAYS or _looks_like_credential(value)


def redact_text(text: str) -> str:
    """Return ``text`` with the secrets in it replaced. A text without secrets is returned as it is."""
    if not _has_trigger(text):
        return text
    shown = _KNOWN_FORMATS.sub(REDACTED, text)
    shown = _SCHEMES.sub(rf"\1\2{REDACTED}", shown)
    shown = _URL_PASSWORD.sub(rf"\1:{REDACTED}@", shown)
    shown = _redact_assignments(shown)
    return text if shown == text else shown


def _kind_of_name(name: str) -> int:
    return _NEVER if len(name) > _MAX_NAME_CHARS else _classify(name)


@lru_cache(maxsize=4096)
def _classify(name: str) -> int:
    words = [word.lower() for word in _WORD.findall(name)]
    while len(words) > 1 and words[-1] in _QUALIFIERS:
        words.pop()
    if not words:
        return _NEVER
    *owners, last = words
    owner = owners[-1] if owners else ""
    if last in _SECRET_WORDS or last.endswith(_SECRET_ENDINGS):
        return _ALWAYS
    if last in ("key", "keys"):
        if owner in _KEY_OWNERS:
            return _ALWAYS
        return _MAYBE if owner in _MAYBE_KEY_OWNERS or (owner and name.isupper()) else _NEVER
    if last == "token":
        return _ALWAYS if owner in _TOKEN_OWNERS else _NEVER if owner in _OTHER_TOKENS else _MAYBE
    if last == "tokens":
        return _MAYBE if owner in _TOKEN_OWNERS else _NEVER
    return _NEVER


def _is_json_schema(value: dict[Any, Any]) -> bool:
    kind = value.get("type")
    return (type(kind) is str and kind in _JSON_TYPES) or "anyOf" in value or "$ref" in value


def _looks_like_credential(value: Any) -> bool:
    if type(value) is bytes:
        return len(value) >= 12
    if type(value) in (list, tuple):
        return any(type(item) is str and _looks_like_credential(item) for item in value[:20])
    return type(value) is str and _CREDENTIAL.fullmatch(value) is not None and not value.isalpha()


def _has_trigger(text: str) -> bool:
    """Return True if a text may hold a secret. The characters that are looked for first are found fastest."""
    return (
        "=" in text
        or (
            ":" in text
            and ("://" in text or '":' in text or "':" in text or 'y: "' in text or 'd: "' in text or 't: "' in text
                 or "uthorization:" in text or "ookie:" in text or "-key:" in text or "-Key:" in text)
        )
        or ("-" in text and ("sk-" in text or "xox" in text or "glpat-" in text or "tvly-" in text
                             or "PRIVATE KEY" in text))
        or ("_" in text and ("hf_" in text or "gsk_" in text or "lsv2_" in text or "gh" in text or "k_" in text))
        or ("('" in text or '["' in text or "['" in text or "(b'" in text)
        or "earer " in text
        or "Basic " in text
        or "BEARER " in text
        or "eyJ" in text
        or "AIza" in text
        or "AKIA" in text
        or "ASIA" in text
    )  # fmt: skip


def _redact_assignments(text: str) -> str:
    """Replace the values of secret names: ``"name": "value"``, ``name="value"``, ``name=value``, and in headers.

    A value is skipped once it is replaced, and else ends where the next name begins, so the time is linear.
    """
    pieces: list[str] = []
    end = 0
    for match in _ASSIGNMENT.finditer(text):
        start = match.end()
        if start < end or _kind_of_name(match["name"]) == _NEVER or text.startswith("<redacted", start):
            continue
        if "," in match["sign"] and not _is_first_of_pair(text, match):
            continue
        stop = _end_of_value(text, start, match)
        value = text[start:stop]
        if value not in _CONSTANTS and is_secret_name(match["name"], value):
            pieces += (text[end:start], REDACTED)
            end = stop
    return "".join((*pieces, text[end:])) if pieces else text


def _is_first_of_pair(text: str, match: re.Match[str]) -> bool:
    """Return True for the first text of a pair, such as ``('authorization', '...')`` in the repr of headers."""
    before = text[max(match.start() - 12, 0) : match.start()].rstrip("\\\"'b")
    return bool(match["key_quote"] and match["quote"]) and before.endswith(("(", "["))


def _end_of_brackets(text: str, start: int) -> int:
    """Return where the brackets end that open at ``start``. Those in quotes count too: this is an estimate."""
    depth = 0
    for match in _BRACKET.finditer(text, start):
        depth += 1 if match[0] in "{[(" else -1
        if depth == 0:
            return match.end()
    return len(text)


def _end_of_value(text: str, start: int, match: re.Match[str]) -> int:
    """Return the end of the value that is assigned to a secret name, or ``start`` if there is no value."""
    name, sign, quote = match["name"].lower(), match["sign"], match["quote"]
    if quote:
        quote = quote.lstrip("bru")
        if len(quote) > 1:
            end = text.find(quote, start)
            return end if end >= 0 else len(text)
        pattern = _QUOTED_VALUES[quote]
    elif name in ("cookie", "set-cookie") and not match["key_quote"]:
        pattern = _COOKIE_VALUE
    elif name in _HEADERS and ":" in sign and not match["key_quote"]:
        pattern = _HEADER_VALUE
    elif match["key_quote"] and text.startswith(("{", "[", "("), start):
        is_schema = _JSON_SCHEMA.search(text, start, start + _MAX_SCHEMA_CHARS) is not None
        return start if is_schema or _kind_of_name(match["name"]) == _MAYBE else _end_of_brackets(text, start)
    elif sign == "=" or match["key_quote"]:
        pattern = _BARE_VALUE
    else:
        return start
    found = pattern.match(text, start)
    end = found.end() if found is not None else start
    is_code = pattern is _BARE_VALUE and (
        text[end : end + 1] in ("(", "[") or text.startswith((f"{name},", f"{name})", "self."), start)
    )
    return start if is_code else end
