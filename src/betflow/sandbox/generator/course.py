"""
What a market is, and its course: the steps that its fate takes it through.

A course says what happens *to* the customers: what can be known, when betting stops, who won. What they make
of it is the crowd's business.
"""

from dataclasses import dataclass
from typing import TypeAlias

from betflow.wire.enums import LadderType, RunnerStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerCard:
    """
    A runner as the first definition has it.

    Attributes:
        selection_id: Betfair would number it so.
        name: As in historic files: ``3. Late Money``.
        handicap: The line in a handicap market, else 0.
        sort_priority: Its place on the card, from 1.
        adjustment_factor: The reduction if it does not run, per cent; None outside horse racing.
    """

    selection_id: int
    name: str
    sort_priority: int
    handicap: float = 0.0
    adjustment_factor: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketCard:
    """
    A market as it is before anything happens. Times are epoch milliseconds.

    Attributes:
        market_time: The scheduled off.
        open_date: When the event begins: of a meeting, its first race.
        each_way_divisor: Of each-way markets: the part of the odds that a place is paid at.
        market_base_rate: Commission, per cent.
        in_play_delay: The bet delay in play, seconds; None for a market that does not turn in play.
    """

    market_id: str
    event_id: str
    event_name: str
    event_type_id: str
    name: str
    market_type: str
    market_time: int
    open_date: int
    country_code: str
    runners: tuple[RunnerCard, ...]
    number_of_winners: int = 1
    betting_type: str = "ODDS"
    ladder: LadderType = LadderType.CLASSIC
    venue: str | None = None
    race_type: str | None = None
    timezone: str = "Europe/London"
    market_base_rate: float = 5.0
    has_starting_price: bool = False
    in_play_delay: int | None = None
    each_way_divisor: float | None = None
    runners_voidable: bool = False


@dataclass(frozen=True, slots=True)
class Believed:
    """
    What the runners are truly worth from now on, by all that can be known.

    Attributes:
        at: Epoch milliseconds, as in all steps.
        prices: The fair price of each runner, in the order of the card; 0 for one that nobody bets on.
    """

    at: int
    prices: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Suspended:
    """Betting stops."""

    at: int


@dataclass(frozen=True, slots=True)
class Opened:
    """Betting goes on after a suspension; *is_material* where unmatched orders did not survive it."""

    at: int
    is_material: bool = False


@dataclass(frozen=True, slots=True)
class Removed:
    """
    A runner does not run. The market is suspended for it by itself.

    Attributes:
        runner: Its place on the card.
        status: REMOVED, or REMOVED_VACANT for a trap that stays empty.
        factors: The reduction factors of all runners from now on, per cent; None outside horse racing.
        cancels_lays: Whether the reduction is large enough to cancel what is unmatched of the orders to lay.
        voids_all: Whether all orders are cancelled but those at the starting price, as in greyhound racing.
    """

    at: int
    runner: int
    status: RunnerStatus = RunnerStatus.REMOVED
    factors: tuple[float, ...] | None = None
    cancels_lays: bool = False
    voids_all: bool = False


@dataclass(frozen=True, slots=True)
class Entered:
    """A runner comes in, at the end of the card: a greyhound in reserve."""

    at: int
    runner: RunnerCard


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The starting price is worked out; the market is suspended for it before."""

    at: int


@dataclass(frozen=True, slots=True)
class TurnedInPlay:
    """The event is on, and betting goes on with the bet delay."""

    at: int


@dataclass(frozen=True, slots=True)
class Settled:
    """The market closes with the results of all runners, in the order of the card."""

    at: int
    statuses: tuple[RunnerStatus, ...]


Step: TypeAlias = Believed | Suspended | Opened | Removed | Entered | Reconciled | TurnedInPlay | Settled


@dataclass(frozen=True, slots=True)
class Pace:
    """
    How busy a market is.

    Attributes:
        seconds: How long before the off this begins to hold; in play it says nothing.
        orders: Orders and cancellations a second.
        width: How many ticks from the fair price orders rest, on average.
        money: What sizes are multiplied by.
    """

    seconds: float
    orders: float
    width: float
    money: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """
    How the customers of a market behave.

    Attributes:
        before: Paces before the off, the earliest first.
        in_play: The pace in play.
        stake: A usual bet, in pounds.
        outsiders: How much of the attention goes to runners whatever their chance; 0 leaves the very likely
            and the very unlikely without any offer.
        on_close: The part of what arrives that is bet at the starting price.
    """

    before: tuple[Pace, ...]
    in_play: Pace
    stake: float
    outsiders: float = 0.02
    on_close: float = 0.0


@dataclass(frozen=True, slots=True)
class Plot:
    """
    One market of a fate, ready to be traded.

    Attributes:
        card: What it is.
        habits: Who trades it.
        opens: When its first definition is published, epoch milliseconds.
        steps: Its course in the order of time, after it opens; the last is `Settled`.
    """

    card: MarketCard
    habits: Habits
    opens: int
    steps: tuple[Step, ...]
