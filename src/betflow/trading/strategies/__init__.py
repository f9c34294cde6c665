"""The strategies that come with betflow. Each is an example: read it, copy it, change it."""

from betflow.trading.strategies.back_favourite_at_sp import BackFavouriteAtSp
from betflow.trading.strategies.harvest_odds_band import HarvestOddsBand
from betflow.trading.strategies.quote_both_sides import QuoteBothSides

__all__ = ["BackFavouriteAtSp", "HarvestOddsBand", "QuoteBothSides"]
