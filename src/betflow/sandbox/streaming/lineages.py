"""What is remembered of subscriptions, so that a client can take one up again on whatever connection."""

from collections import OrderedDict
from typing import Generic

from betflow.sandbox.streaming.channel import Change
from betflow.sandbox.streaming.subscription import Scope
from betflow.sandbox.streaming.tokens import clk_of


class Lineage(Generic[Change]):
    """
    What has to be known of a subscription to take it up again, on whatever connection.

    Attributes:
        owner: Whose it is.
        criteria: What was asked for; whoever comes back has to ask for the same.
        scope: What was sent.
    """

    def __init__(self, owner: object, criteria: object, scope: Scope[Change]) -> None:
        self.owner = owner
        self.criteria = criteria
        self.scope = scope


class Lineages(Generic[Change]):
    """
    The subscriptions that can be taken up again.

    Args:
        nonce: Tells the tokens of this server from those of another.
        keep: How many are remembered.
    """

    def __init__(self, nonce: str, *, keep: int = 1000) -> None:
        self._nonce = nonce
        self._keep = keep
        self._known: OrderedDict[str, Lineage[Change]] = OrderedDict()
        self._count = 0

    def begin(self, lineage: Lineage[Change]) -> str:
        """Remember a subscription, and return the token that names it."""
        self._count += 1
        initial_clk = f"{self._nonce}{clk_of(self._count)}"
        self._known[initial_clk] = lineage
        if len(self._known) > self._keep:
            self._known.popitem(last=False)
        return initial_clk

    def find(self, initial_clk: str, *, like: Lineage[Change]) -> Lineage[Change] | None:
        """Return the subscription that a token names; None where its owner or its criteria are others."""
        lineage = self._known.get(initial_clk)
        if lineage is None or (lineage.owner, lineage.criteria) != (like.owner, like.criteria):
            return None
        self._known.move_to_end(initial_clk)
        return lineage
