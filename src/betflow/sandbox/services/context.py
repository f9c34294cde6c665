"""What every service works with."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Final

from betflow.exchange.times import iso
from betflow.sandbox.clock import SimulatedClock
from betflow.sandbox.currencies import USUAL_RATES
from betflow.sandbox.exchange.exchange import Exchange
from betflow.sandbox.faults import Faults
from betflow.sandbox.library import Library
from betflow.sandbox.market_data import Past
from betflow.sandbox.rules import Rules, Throttle
from betflow.sandbox.sessions import Sessions
from betflow.sandbox.truth import Truth

_HOST: Final = "sbx01"
"""What calls are named after: no word that is a secret of the account, which logs would mask."""


@dataclass(slots=True)
class Counts:
    """
    What was done so far.

    Attributes:
        requests: Over HTTPS.
        calls: Of operations; a request may have many.
        refused: Calls that were refused.
        orders: Instructions to place, cancel, replace or update.
        defects: Requests that came to a defect of ours, and were answered with status 500.
    """

    requests: int = 0
    calls: int = 0
    refused: int = 0
    orders: int = 0
    defects: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """
    What every service works with.

    Attributes:
        exchange: Behind it all.
        clock: The simulated time.
        real_ms: Real time in milliseconds, from any moment on.
        sessions: Who is in.
        rules: The limits.
        faults: What goes wrong.
        truth: What was sent.
        library: The historic data that there is.
        rates: How much of each currency a pound is.
        past: What books forget.
        counts: What was done so far.
        throttles: What each account has asked for lately.
    """

    exchange: Exchange
    clock: SimulatedClock
    real_ms: Callable[[], int]
    sessions: Sessions
    rules: Rules
    faults: Faults
    truth: Truth
    library: Library
    rates: Mapping[str, Decimal] = field(default_factory=lambda: USUAL_RATES)
    past: Past = field(default_factory=Past)
    counts: Counts = field(default_factory=Counts)
    throttles: dict[str, Throttle] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    def throttle(self, account: str) -> Throttle:
        """Return what holds an account back."""
        return self.throttles.setdefault(account, Throttle(self.rules))

    def request_uuid(self) -> str:
        """Name a call as Betfair does in its exceptions: where, when, and which."""
        moment = iso(self.exchange.now)
        when = f"{moment[5:7]}{moment[8:10]}{moment[11:13]}{moment[14:16]}"
        return f"{_HOST}-{when}-{next(self._numbers):010x}"
