"""What matching costs: counted in calls, not in time."""

import sys
from types import FrameType

import pytest

from betflow.exchange.prices import CLASSIC
from scenes import BACK, LAY, Scene, limit, prices

_AT_THE_PRICE = 3


def _calls(scene: Scene, change: dict[str, object]) -> int:
    """Return how many functions, Python's own included, run while a change acts."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        scene.show(change)
    finally:
        sys.setprofile(None)
    return count


def _scene(elsewhere: int) -> Scene:
    """Return a market with three lays at 3.0 and many more at all lower prices, that many at each."""
    scene = Scene(prices(atb=[(2.98, 50), (3.0, 50)]))
    lower = [float(price) for price in CLASSIC if price < 3]
    instructions = [
        *[limit(LAY, 3.0)] * _AT_THE_PRICE,
        *[limit(LAY, price, 20) for price in lower for _ in range(elsewhere)],
    ]
    for start in range(0, len(instructions), 200):
        assert scene.place(*instructions[start : start + 200]).error_code is None
    return scene


@pytest.fixture(scope="module")
def few() -> Scene:
    """Return a market with some 150 open orders."""
    return _scene(1)


@pytest.fixture(scope="module")
def many() -> Scene:
    """Return a market with more than 10,000 open orders."""
    scene = _scene(68)
    assert len(scene.venue.orders) > 10_000
    return scene


@pytest.mark.parametrize(
    "change",
    [
        prices(atb=[(3.0, 40)]),
        prices(atb=[(3.0, 30)], trd=[(3.0, 20)]),
        prices(trd=[(3.0, 110)]),
        prices(atl=[(3.0, 1)]),
        prices(atl=[(3.05, 10)], trd=[(3.05, 10)]),
        prices(2, atb=[(3.0, 10)], trd=[(3.0, 10)]),
    ],
    ids=["cancelled", "traded", "matched", "crossed", "elsewhere", "another runner"],
)
def test_a_change_looks_only_at_the_orders_at_its_price(
    few: Scene, many: Scene, change: dict[str, object]
) -> None:
    """With 10,000 orders at other prices a change costs what it does with 150."""
    small, large = _calls(few, change), _calls(many, change)

    assert large <= 1.2 * small + 20


def test_a_back_takes_only_what_it_reaches(few: Scene, many: Scene) -> None:
    """An order that arrives looks at prices, not at the orders that rest at those it does not reach."""
    counts = []
    for scene in (few, many):
        before = scene.now
        scene.venue.submit(scene.request(limit(BACK, 3.4, 1, runner=2)), before + 1)
        counts.append(_calls(scene, prices(2, atb=[(3.0, 10)])))

    assert counts[1] <= 1.2 * counts[0] + 20
