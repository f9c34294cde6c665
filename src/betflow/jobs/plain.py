"""Values as plain JSON types, and secrets as stars, before anything is written down."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from math import isfinite
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import unquote

MASK = "********"

_SECRET_WORDS = frozenset(
    {"auth", "cookie", "credential", "credentials", "key", "passphrase", "passwd", "password", "pin", "pwd"}
    | {"secret", "secrets", "session", "token", "tokens"}
)
_SECRET_PARTS = re.compile(r"passw|secret|token|credential|apikey|appkey|privatekey", re.IGNORECASE)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_URL_USER = re.compile(r"(?<=://)\S+(?=@)")
_QUERY = re.compile(r"(?P<name>[?&#;](?P<key>[^=&;#?\s]+)=)[^&#\s]+")
_FLAG = re.compile(r"-{1,2}(?P<name>[^=\s]+)(?P<value>=.*)?", re.DOTALL)


_AS_THEY_ARE: Final = frozenset({int, bool, type(None)})
"""Exactly these types are plain. Answers of 100,000 rows are full of them, so they cost no call."""


def plain(value: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """
    Return a value as dictionaries, lists, texts, numbers, booleans and None.

    Bytes in a file name that are no text are written as escapes, since JSON has no bytes.

    Raises:
        TypeError: for a type that has no obvious JSON form.
        ValueError: for NaN and the infinities, for which JSON has no word.
    """
    result: Any = value
    kind = type(value)
    if kind is float:
        return _finite(result)
    if kind is str:
        return _text(result)
    if kind is dict:
        return {
            # Here and in the line below without a call: these are all there is in a hundred thousand rows.
            key if type(key) is str and key.isascii() else _key(key): (
                member if type(member) in _AS_THEY_ARE else plain(member)
            )
            for key, member in result.items()
        }
    if kind is list or kind is tuple:
        return [member if type(member) in _AS_THEY_ARE else plain(member) for member in result]
    return result if kind in _AS_THEY_ARE else _converted(value)


def _converted(value: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return a value of any other type in its plain form."""
    result: Any
    match value:
        case Enum():
            result = plain(value.value)
        case int():
            result = int(value)
        case float():
            result = _finite(float(value))
        case str():
            result = _text("".join(value))
        case PurePath() | Decimal():
            result = plain(str(value))
        case date():
            result = value.isoformat()
        case Mapping():
            result = {_key(key): plain(member) for key, member in value.items()}
        case list() | tuple():
            result = [plain(member) for member in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            result = {each.name: plain(getattr(value, each.name)) for each in fields(value)}
        case _:
            raise TypeError(f"{type(value).__name__} has no JSON form; give text, numbers, lists or objects")
    return result


def _key(key: object) -> str:
    return key if type(key) is str and key.isascii() else str(plain(key))


def _text(text: str) -> str:
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


def _finite(number: float) -> float:
    if not isfinite(number):
        raise ValueError(f"{number} has no JSON form; give a finite number, None or a text")
    return number


def redacted(value: object, *, name: str = "") -> Any:  # noqa: ANN401 - JSON has no narrower type
    """
    Return a value as plain JSON types, with `MASK` in place of everything whose name smells of a secret.

    A value that hides itself (pydantic's ``SecretStr``) is masked whatever its name, and so is the user part
    of a URL. A name may be that of a field, of a value in a URL's query, or of a flag in a list of arguments.
    """
    result: Any = value
    kind = type(value)
    if value is not None and is_secret_name(name):
        result = MASK
    elif kind is dict:
        result = {
            key if type(key) is str and key.isascii() else _key(key): (
                member
                if type(member) in _AS_THEY_ARE and not is_secret_name(str(key))
                else redacted(member, name=str(key))
            )
            for key, member in result.items()
        }
    elif kind is str:
        result = _redacted_text(_text(result))
    elif kind is list or kind is tuple:
        result = _redacted_members(result)
    elif kind is not float and kind not in _AS_THEY_ARE:
        result = _redacted_other(value)
    else:
        result = plain(value)
    return result


def _redacted_other(value: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return a value of any other type in its plain form, redacted."""
    match value:
        case _ if hasattr(value, "get_secret_value"):
            return MASK
        case Mapping():
            return {_key(key): redacted(member, name=str(key)) for key, member in value.items()}
        case list() | tuple():
            return _redacted_members(value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {each.name: redacted(getattr(value, each.name), name=each.name) for each in fields(value)}
    found = plain(value)
    return _redacted_text(found) if isinstance(found, str) else found


def _redacted_members(members: Sequence[object]) -> list[Any]:
    """Redact a list that may be a command line, where a flag names what comes after it."""
    result = []
    name = ""
    for member in members:
        result.append(redacted(member, name=name))
        flag = _FLAG.fullmatch(member) if isinstance(member, str) else None
        name = flag["name"] if flag and flag["value"] is None else ""
    return result


def _redacted_text(text: str) -> str:
    if "=" not in text and "://" not in text:
        return text  # as most are: it names nothing, and nobody
    flag = _FLAG.fullmatch(text)
    if flag and flag["value"] and is_secret_name(flag["name"]):
        return f"{text[: flag.start('value')]}={MASK}"
    return _QUERY.sub(_redacted_query, _URL_USER.sub(MASK, text))


def _redacted_query(match: re.Match[str]) -> str:
    return f"{match['name']}{MASK}" if is_secret_name(unquote(match["key"])) else match[0]


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Say whether a setting, option or field of this name may hold a secret; rather once too often."""
    words = {word.lower() for word in _WORDS.findall(name)}
    return bool(words & _SECRET_WORDS or _SECRET_PARTS.search(name))
