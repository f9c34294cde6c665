"""However a client writes numbers, the same parameters come of it."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from betflow.sandbox.services.parameters import parameters_of
from betflow.wire.betting import LimitOrder, PlaceInstruction, PlaceOrders
from betflow.wire.enums import OrderType, PersistenceType, Side
from betflow.wire.operations import PLACE_ORDERS

prices = st.integers(101, 100_000).map(lambda hundredths: hundredths / 100)
instructions = st.builds(
    PlaceInstruction,
    order_type=st.just(OrderType.LIMIT),
    selection_id=st.integers(1, 2**31),
    side=st.sampled_from(Side),
    handicap=st.none() | st.integers(-40, 40).map(lambda quarters: quarters / 4),
    limit_order=st.builds(
        LimitOrder, price=prices, size=prices, persistence_type=st.none() | st.sampled_from(PersistenceType)
    ),
)
requests = st.builds(
    PlaceOrders,
    market_id=st.integers(1, 10**9).map("1.{}".format),
    instructions=st.lists(instructions, min_size=1, max_size=3).map(tuple),
    async_=st.none() | st.booleans(),
)


@given(request=requests, choices=st.randoms(use_true_random=False))
def test_numbers_may_be_texts_anywhere(request: PlaceOrders, choices: Any) -> None:  # noqa: ANN401 - random.Random
    """Some of them, or all."""

    def written(value: Any) -> Any:  # noqa: ANN401 - JSON
        match value:
            case dict():
                return {key: written(member) for key, member in value.items()}
            case list():
                return [written(member) for member in value]
            case bool():
                return str(value).lower() if choices.random() < 0.5 else value
            case int() | float():
                return str(value) if choices.random() < 0.5 else value
        return value

    content = msgspec.json.encode(written(msgspec.to_builtins(request)))
    assert request == parameters_of(PLACE_ORDERS, content)
