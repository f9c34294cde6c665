"""The latest items of something that goes on and on."""

from typing import Generic, TypeVar

Item = TypeVar("Item")


class Log(Generic[Item]):
    """
    Keeps the latest items; each has a number, from 0, that stays its own.

    Args:
        keep: How many items are kept at least; more than a quarter more never are.
    """

    __slots__ = ("_items", "_keep", "begin")

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._items: list[Item] = []
        self.begin = 0

    @property
    def end(self) -> int:
        """The number that the next item gets."""
        return self.begin + len(self._items)

    def append(self, item: Item) -> None:
        """Add an item."""
        self._items.append(item)
        if len(self._items) > self._keep + self._keep // 4:
            self.begin += len(self._items) - self._keep
            del self._items[: -self._keep]

    def since(self, number: int) -> list[Item]:
        """Return the items from a number on that are still there."""
        return self._items[max(number - self.begin, 0) :]

    def __getitem__(self, number: int) -> Item:
        return self._items[number - self.begin]
