"""
Plays strategies against a simulated exchange.

A strategy sees the book after each change; the exchange acts on an instruction only after its latency, on the
book as it stands then. Nothing looks ahead: what a message shows is known from its publish time on, and what
is due earlier is done before the message is folded in.
"""

from collections.abc import Sequence

from betflow.errors import UsageError
from betflow.exchange.assumptions import BETFLOW_1, Assumptions
from betflow.exchange.matching.venue import Account, Venue
from betflow.trading.play import Play
from betflow.trading.played import Evidence, Played, Told
from betflow.trading.requests import Latency
from betflow.trading.risk import RiskHook
from betflow.trading.sources import Source
from betflow.trading.strategy import Strategy

__all__ = ["Engine", "Evidence", "Latency", "Played", "Source", "Told"]


class Engine:
    """
    Strategies, an account, and how far it is to the exchange.

    Args:
        strategies: Who decides; each has a name of its own.
        latency: How long instructions take.
        risk: What every instruction has to pass; the first hook that refuses it decides.
        account: Whose orders they are.
        assumptions: What decides where Betfair's rules are not certain.

    Raises:
        UsageError: if two strategies have the same name, or one has none.
    """

    def __init__(
        self,
        strategies: Sequence[Strategy],
        *,
        latency: Latency | None = None,
        risk: Sequence[RiskHook] = (),
        account: Account | None = None,
        assumptions: Assumptions = BETFLOW_1,
    ) -> None:
        names = [strategy.name for strategy in strategies]
        for name in names:
            if not name or names.count(name) > 1:
                raise UsageError(
                    f"{names.count(name)} strategies have the name {name!r}.",
                    advice="Give each a name of its own, so that its orders can be told apart.",
                )
        self.strategies = tuple(strategies)
        self.latency = latency or Latency()
        self.risk = tuple(risk)
        self.account = account or Account()
        self.assumptions = assumptions

    def run(self, tapes: Sequence[Source], *, first_bet_id: int = 1) -> Played:
        """
        Play tapes together, in the order of publish time; at the same time, in the order given.

        Time is the publish time. Funds and time are shared: this is one account on one exchange. So give the
        markets of an event together, and others apart.

        Args:
            tapes: Each of one or more markets. A market that two of them have is played from the first that
                brings it, and the other is a finding.
            first_bet_id: The number of the first bet.
        """
        venue = Venue(account=self.account, assumptions=self.assumptions, first_bet_id=first_bet_id)
        return Play(self.strategies, venue, latency=self.latency, risk=self.risk).run(tapes)
