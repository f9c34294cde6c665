"""
What Betfair does not say, or not clearly: each such choice has a name, a default and a switch.

A set of assumptions has a name and a version, and every settled bet says which set it was settled by and
which of its choices mattered. The version is that of the whole model, matching and settlement: it is raised
whenever the same input may give another result, so that an old result hash stays explainable. `BETFLOW_1` is
the default; another set is made with `dataclasses.replace` and needs a name of its own.

Source: docs/explanation/settlement.md, "Assumptions", has the reasons.
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from betflow.errors import ConfigurationError
from betflow.exchange.money import Rounding

_DEFAULT_NAME: Final = "betflow-1"


class ReducedPriceRounding(StrEnum):
    """When a reduced price is rounded to two decimals."""

    EACH_REMOVAL = "EACH_REMOVAL"
    """After every non-runner, and the next reduction starts from the rounded price."""
    ONCE = "ONCE"
    """After all non-runners."""
    NEVER = "NEVER"


class DeadHeatStake(StrEnum):
    """Whether the stake that a dead heat leaves is rounded before the winnings are worked out."""

    EXACT = "EXACT"
    PENNIES = "PENNIES"
    """As the arithmetic of the example in the rules goes: 4/7 of 300 is 171.43, times 4.0 is 685.72."""


class PlaceDeadHeat(StrEnum):
    """What a dead heat for the last of several places means when it is not known who shares it."""

    EQUAL_SHARES = "EQUAL_SHARES"
    """Everybody who may be part of it gets places / winners of the stake: right on average over them."""
    FULL = "FULL"
    """Everybody is paid in full."""
    UNSETTLED = "UNSETTLED"
    """The bets stay unsettled until somebody says who shares."""


class HiddenRunner(StrEnum):
    """What happens to bets on a runner that is still HIDDEN when the others have a result."""

    LOSES = "LOSES"
    """As a non-runner in an ante-post market, which is where runners are hidden."""
    VOID = "VOID"


class LinesBeside(StrEnum):
    """Whether a quarter line is settled without a score, by the results of the lines beside it."""

    SETTLE = "SETTLE"
    UNSETTLED = "UNSETTLED"
    """The bets stay unsettled until somebody says the score."""


class RemovalEffect(StrEnum):
    """What a removal does to bets matched on the other runners; those on the removed one are void anyway."""

    REDUCE = "REDUCE"
    """Prices matched before it are reduced by its reduction factor."""
    VOID_EARLIER = "VOID_EARLIER"
    """All bets matched before it are void."""
    NONE = "NONE"
    """They stand as they are."""


class EachWayThreshold(StrEnum):
    """From which factor on a non-runner reduces prices in an each-way market."""

    AS_WIN = "AS_WIN"
    """From 2.5 %: each-way markets share the win market's factors."""
    ALWAYS = "ALWAYS"


class KeepLayPrice(StrEnum):
    """Where an unmatched lay that is kept in play stands after a reduction."""

    ON_LADDER = "ON_LADDER"
    """At the highest price of the ladder that is not above the reduced one."""
    AS_REDUCED = "AS_REDUCED"


class MissingBaseRate(StrEnum):
    """The commission where a market definition has no market base rate."""

    FIVE_PER_CENT = "FIVE_PER_CENT"
    NO_COMMISSION = "NO_COMMISSION"


class OwnOrders(StrEnum):
    """Whether orders of ours are matched with each other."""

    APART = "APART"
    """Never: each is played against the market as if the others were not there, but for what they take."""
    MATCHED = "MATCHED"
    """As Betfair does with the bets of one account."""


class StartingPriceSize(StrEnum):
    """How the size of a lay at the starting price is rounded to pennies."""

    NEAREST_WITHIN = "NEAREST_WITHIN"
    """To the nearest with which it loses, to the penny, no more than its liability."""
    NEAREST = "NEAREST"
    DOWN = "DOWN"


class StartingPriceAtLimit(StrEnum):
    """What becomes of a LIMIT_ON_CLOSE order whose limit is exactly the starting price."""

    MATCHED = "MATCHED"
    LAPSES = "LAPSES"


class SmallTakeStartingPrice(StrEnum):
    """What becomes of an unmatched rest that takes the starting price and is below its minimum."""

    LAPSES = "LAPSES"
    MATCHED = "MATCHED"


class AuctionSize(StrEnum):
    """What a resting order of ours does to those behind it in the auction at the off."""

    DISPLACES = "DISPLACES"
    """It takes their place: no more of it is matched than was taken behind it, and the BSP stays."""
    ADDS = "ADDS"
    """Nothing: whatever is reached is matched in full, as if there were more money at the starting price."""


class TakeStartingPrice(StrEnum):
    """Which unmatched LIMIT bets with persistence MARKET_ON_CLOSE become bets at the starting price."""

    ALL = "ALL"
    """All of them, whatever their price: so the money balances on every runner of the recorded tapes."""
    WITHIN_PRICE = "WITHIN_PRICE"
    """Those whose price is no better than the BSP, as a page of Betfair's data scientists says."""


class FillOrKillPersistence(StrEnum):
    """What a persistence type does on a FILL_OR_KILL order; Betfair's pages contradict each other."""

    IGNORED = "IGNORED"
    REFUSED = "REFUSED"


class InPlaySuspension(StrEnum):
    """What a suspension in play does to unmatched orders that do not persist."""

    LAPSES = "LAPSES"
    """They lapse, if the market's version changed under it: something material happened."""
    STANDS = "STANDS"


class ProfitRatio(StrEnum):
    """Whether bets are refused whose profit is far off once it is rounded to the penny."""

    CHECKED = "CHECKED"
    """More than 20 % below or 25 % above what the price says: an announcement names these bounds."""
    NOT_CHECKED = "NOT_CHECKED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """
    One choice for everything that is not certain.

    Raises:
        ConfigurationError: if choices differ from those of "betflow-1" under the same name.
    """

    name: str = _DEFAULT_NAME
    version: int = 2
    profit_rounding: Rounding = Rounding.HALF_UP
    commission_rounding: Rounding = Rounding.HALF_UP
    reduced_price_rounding: ReducedPriceRounding = ReducedPriceRounding.EACH_REMOVAL
    dead_heat_stake: DeadHeatStake = DeadHeatStake.EXACT
    place_dead_heat: PlaceDeadHeat = PlaceDeadHeat.EQUAL_SHARES
    hidden_runner: HiddenRunner = HiddenRunner.LOSES
    lines_beside: LinesBeside = LinesBeside.SETTLE
    greyhound_removal: RemovalEffect = RemovalEffect.VOID_EARLIER
    voidable_removal: RemovalEffect = RemovalEffect.NONE
    each_way_threshold: EachWayThreshold = EachWayThreshold.AS_WIN
    keep_lay_price: KeepLayPrice = KeepLayPrice.ON_LADDER
    missing_base_rate: MissingBaseRate = MissingBaseRate.FIVE_PER_CENT
    starting_price_at_limit: StartingPriceAtLimit = StartingPriceAtLimit.MATCHED
    starting_price_size: StartingPriceSize = StartingPriceSize.NEAREST_WITHIN
    small_take_starting_price: SmallTakeStartingPrice = SmallTakeStartingPrice.LAPSES
    take_starting_price: TakeStartingPrice = TakeStartingPrice.ALL
    auction_size: AuctionSize = AuctionSize.DISPLACES
    target_size_rounding: Rounding = Rounding.HALF_UP
    fill_or_kill_persistence: FillOrKillPersistence = FillOrKillPersistence.IGNORED
    in_play_suspension: InPlaySuspension = InPlaySuspension.LAPSES
    profit_ratio: ProfitRatio = ProfitRatio.CHECKED
    own_orders: OwnOrders = OwnOrders.APART

    def __post_init__(self) -> None:
        changed = [each.name for each in fields(self) if getattr(self, each.name) != each.default]
        if self.name == _DEFAULT_NAME and changed:
            raise ConfigurationError(
                f"the assumptions {_DEFAULT_NAME!r} are fixed, but {', '.join(changed)} differs.",
                advice="Give the changed set a name of its own.",
            )


BETFLOW_1: Final = Assumptions()
"""The default set."""
