"""
Values that must never be seen: passwords, app keys, session tokens, passphrases.

A `Secret` hides itself wherever it is printed; `masked` takes secrets out of a text that somebody else wrote.
"""

from collections.abc import Iterable

MASK = "********"

_SHORTEST = 4
"""A shorter secret would be found in ordinary words, and a text without its e's helps nobody."""


class Secret:
    """A text that shows itself only to who asks for it; equal to another of the same text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text; use it in the expression that needs it, so that no variable holds it."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not written down")


def masked(text: str, secrets: Iterable[Secret]) -> str:
    """Return a text with every secret in it masked."""
    for secret in sorted(secrets, key=lambda each: -len(each.reveal())):
        if len(secret.reveal()) >= _SHORTEST:
            text = text.replace(secret.reveal(), MASK)
    return text
