"""
The navigation menu: every market there is, as a tree; Betfair renews it about once an hour.

Source: "Navigation Data For Applications"; a recorded answer.
"""

from collections.abc import Iterator, Sequence

import msgspec


class NavigationNode(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """
    A node of the tree; those of markets have no children, and an empty list says that others have none.

    `type` is ``EVENT_TYPE``, ``GROUP`` (whose id is none of Betfair's), ``EVENT``, ``RACE`` or ``MARKET``.
    Markets have `exchange_id`, `market_type`, `market_start_time` and `number_of_winners` (an empty text
    where there is none); races have `start_time`, `venue` and `race_number`.
    """

    type: str
    name: str
    id: str | int | None = None
    children: Sequence["NavigationNode"] = ()
    country_code: str | None = None
    venue: str | None = None
    start_time: str | None = None
    race_number: str | None = None
    exchange_id: str | None = None
    market_type: str | None = None
    market_start_time: str | None = None
    number_of_winners: int | str | None = None

    def walk(self) -> Iterator["NavigationNode"]:
        """Go through the node and everything below it, parents first."""
        pending = [self]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(reversed(node.children))
