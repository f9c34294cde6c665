"""Which markets a subscription takes: Betfair's filter, of which every field that is there has to fit."""

from collections.abc import Collection

from betflow.wire.stream import MarketDefinition, MarketFilter


def fits(wanted: MarketFilter, market_id: str, definition: MarketDefinition | None) -> bool:
    """
    Return whether a market fits. Fields that are absent or empty restrict nothing; values are not checked.

    A market without a definition fits only what is asked for by its id.
    """
    if wanted.market_ids and market_id not in wanted.market_ids:
        return False
    if definition is None:
        return bool(wanted.market_ids)
    return (
        _is_one_of(definition.event_type_id, wanted.event_type_ids)
        and _is_one_of(definition.event_id, wanted.event_ids)
        and _is_one_of(definition.market_type, wanted.market_types)
        and _is_one_of(definition.betting_type, wanted.betting_types)
        and _is_one_of(definition.country_code, wanted.country_codes)
        and _is_one_of(definition.venue, wanted.venues)
        and _is_one_of(definition.race_type, wanted.race_types)
        and (wanted.bsp_market is None or wanted.bsp_market == bool(definition.bsp_market))
        and (
            wanted.turn_in_play_enabled is None
            or wanted.turn_in_play_enabled == bool(definition.turn_in_play_enabled)
        )
    )


def _is_one_of(value: str | None, wanted: Collection[str] | None) -> bool:
    return not wanted or value in wanted
