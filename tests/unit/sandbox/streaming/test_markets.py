"""Market subscriptions: what fits, what is sent of it, when, and what a client that comes back gets."""

from typing import Any

import msgspec
import pytest

from betflow.sandbox.streaming.limits import StreamLimits
from betflow.wire.enums import MarketDataField
from betflow.wire.stream import MarketChange, RunnerChange, RunnerDefinition
from sandbox_stream import DELAYED_KEY, Client, PublishedExchange, Stream, market, subscription

FULL_RUNNER = RunnerChange(
    id=11,
    atb=[(2.0, 10.0), (1.9, 5.0), (1.8, 4.0), (1.7, 3.0)],
    atl=[(2.2, 3.0)],
    trd=[(2.1, 4.0)],
    tv=4.0,
    ltp=2.1,
    spb=[(1000.0, 50.0)],
    spl=[(1.01, 20.0)],
    spn=2.15,
    spf=float("inf"),
)
OFFERS = ("EX_BEST_OFFERS",)


def _bet(price: float, size: float, market_id: str = "1.1", **others: Any) -> MarketChange:  # noqa: ANN401 - any field
    """Return a change in what is available to back."""
    return MarketChange(id=market_id, rc=[RunnerChange(id=11, atb=[(price, size)])], **others)


def _subscribed(stream: Stream, *arguments: Any, **others: Any) -> Client:  # noqa: ANN401 - as in JSON
    """Return a client that has its image already."""
    client = stream.client()
    client.says(**subscription(*arguments, **others))
    client.reads()
    return client


def _image(stream: Stream, **wanted: Any) -> dict[str, Any]:  # noqa: ANN401 - as in JSON
    """Return the image of a new subscription with a filter."""
    client = stream.client()
    client.says(**subscription(["EX_LTP"], marketFilter=wanted))
    return client.gets()[1]


def _markets(messages: list[dict[str, Any]]) -> list[str]:
    return [change["id"] for message in messages for change in message.get("mc", ())]


def test_an_image_says_what_is_agreed() -> None:
    """It has both tokens, the conflation and the heartbeat, brought into their bounds, and the time."""
    stream = Stream(PublishedExchange(market()))
    client = stream.client()

    client.says(**subscription(["EX_LTP"], conflateMs=500_000, heartbeatMs=1))
    assert [
        {
            "op": "mcm",
            "id": 2,
            "initialClk": "testAAAAAAAAAAE=",
            "clk": "AAAAAAAAAAA=",
            "conflateMs": 120_000,
            "heartbeatMs": 500,
            "pt": stream.exchange.now,
            "ct": "SUB_IMAGE",
            "mc": [{"id": "1.1", "img": True}],
        }
    ] == client.gets()[1:]


def test_an_image_has_its_members_in_the_order_of_betfairs() -> None:
    """Some clients read the beginning of a line: both tokens stand there."""
    image = _image(Stream(PublishedExchange(market())))

    expected = ["op", "id", "initialClk", "clk", "conflateMs", "heartbeatMs", "pt", "ct", "mc"]
    assert expected == list(image)


def test_an_image_of_no_market_has_no_list() -> None:
    """An empty image is one without changes."""
    stream = Stream(PublishedExchange(market()))
    image = _image(stream, marketIds=["1.9"])

    assert ("SUB_IMAGE", False) == (image["ct"], "mc" in image)


@pytest.mark.parametrize(
    "wanted",
    [
        {"eventTypeIds": [7]},
        {"eventIds": [30]},
        {"marketIds": [1.1], "eventTypeIds": ["7"]},
        {"eventTypeIds": [7], "bspMarket": "false"},
    ],
)
def test_ids_may_be_numbers(wanted: dict[str, Any]) -> None:
    """Clients in typed languages send ids as numbers, and Betfair takes them."""
    stream = Stream(PublishedExchange(market(event_id="30")))

    assert ["1.1"] == _markets([_image(stream, **wanted)])


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("EX_ALL_OFFERS", {"atb": [[2, 10], [1.9, 5], [1.8, 4], [1.7, 3]], "atl": [[2.2, 3]]}),
        ("EX_BEST_OFFERS", {"batb": [[0, 2, 10], [1, 1.9, 5], [2, 1.8, 4]], "batl": [[0, 2.2, 3]]}),
        ("EX_BEST_OFFERS_DISP", {"bdatb": [[0, 2, 10], [1, 1.9, 5], [2, 1.8, 4]], "bdatl": [[0, 2.2, 3]]}),
        ("EX_TRADED", {"trd": [[2.1, 4]]}),
        ("EX_TRADED_VOL", {"tv": 4}),
        ("EX_LTP", {"ltp": 2.1}),
        ("SP_TRADED", {"spb": [[1000, 50]], "spl": [[1.01, 20]]}),
        ("SP_PROJECTED", {"spn": 2.15, "spf": "Infinity"}),
    ],
)
def test_only_what_is_asked_for_is_sent(field: str, expected: dict[str, Any]) -> None:
    """Of each field its own: in the image, and in what changes."""
    stream = Stream(PublishedExchange(market("1.1", FULL_RUNNER), market("1.2")))
    client = stream.client()
    client.says(**subscription([field], ladderLevels=3))
    image = client.gets()[1]["mc"][0]
    assert [{**expected, "id": 11}] == image["rc"]
    assert "marketDefinition" not in image

    stream.exchange.publish(MarketChange(id="1.2", rc=[FULL_RUNNER], tv=4.0))
    (change,) = client.gets()[0]["mc"]
    (runner,) = change["rc"]
    assert {*expected, "id"} == set(runner)
    assert ("tv" in change) == (field == "EX_TRADED_VOL")


def test_a_definition_is_sent_where_it_is_asked_for() -> None:
    """Whole, and only with the image and where it changed; names, which only files have, are left out."""
    runners = [RunnerDefinition(id=11, status="ACTIVE", sort_priority=1, name="A Horse", bsp=float("nan"))]
    definition = {"runners": runners, "name": "1m Hcap", "event_name": "Ascot", "venue": "Ascot"}
    stream = Stream(PublishedExchange(market("1.1", **definition)))
    client = stream.client()
    client.says(**subscription(["EX_MARKET_DEF"]))

    sent = client.gets()[1]["mc"][0]["marketDefinition"]
    assert {"id": 11, "status": "ACTIVE", "sortPriority": 1, "bsp": "NaN"} == sent["runners"][0]
    assert "Ascot" == sent["venue"]
    assert not {"name", "eventName"} & set(sent)
    assert None not in sent.values()

    stream.exchange.publish(_bet(2, 2))
    assert [] == client.gets()

    suspended = market("1.1", status="SUSPENDED").market_definition
    stream.exchange.publish(MarketChange(id="1.1", market_definition=suspended))
    assert ["SUSPENDED"] == [each["mc"][0]["marketDefinition"]["status"] for each in client.gets()]


def test_without_fields_everything_is_sent() -> None:
    """No fields at all are no restriction."""
    client = Stream(PublishedExchange(market("1.1", FULL_RUNNER))).client()

    client.says(op="marketSubscription", id=2, marketDataFilter={"fields": []})
    change = client.gets()[1]["mc"][0]
    assert "marketDefinition" in change
    assert {"atb", "batb", "bdatb", "trd", "tv", "ltp", "spb", "spn"} <= set(change["rc"][0])


def _levels_after(*bets: tuple[float, float]) -> list[list[float]]:
    """Return the change of the raw levels after the last of some bets on a runner."""
    stream = Stream(PublishedExchange(market()))
    client = _subscribed(stream, OFFERS)
    for price, size in bets:
        stream.exchange.publish(_bet(price, size))
    levels: list[list[float]] = client.gets()[-1]["mc"][0]["rc"][0]["batb"]
    return levels


def test_the_first_bet_says_that_all_other_levels_are_empty() -> None:
    """As the documentation's example has it."""
    assert [[level, 0, 0] for level in range(9, 0, -1)] + [[0, 1.2, 2]] == _levels_after((1.2, 2))


def test_a_better_price_moves_all_levels() -> None:
    """Inserting a new best sends every level that changed, the last first."""
    assert [[2, 1.2, 2], [1, 1.3, 2], [0, 1.4, 2]] == _levels_after((1.2, 2), (1.3, 2), (1.4, 2))


def test_a_price_that_goes_empties_the_last_level() -> None:
    """Removing the best moves the others up, and the last level becomes empty."""
    assert [[2, 0, 0], [1, 1.2, 2], [0, 1.3, 2]] == _levels_after((1.2, 2), (1.3, 2), (1.4, 2), (1.4, 0))


def test_what_happens_behind_the_levels_is_not_sent() -> None:
    """A price that is none of the best does not concern who asked for one level."""
    stream = Stream(PublishedExchange(market("1.1", FULL_RUNNER)))
    client = _subscribed(stream, OFFERS, ladderLevels=1)

    stream.exchange.publish(_bet(1.5, 9), _bet(1.9, 0))
    assert [] == client.gets()


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, ["1.1", "1.2"]),
        ({"marketIds": ["1.2", "1.9"]}, ["1.2"]),
        ({"marketIds": []}, ["1.1", "1.2"]),
        ({"eventTypeIds": ["1"]}, ["1.2"]),
        ({"eventIds": ["77"]}, ["1.2"]),
        ({"marketTypes": ["WIN", "PLACE"]}, ["1.1"]),
        ({"bettingTypes": ["ASIAN_HANDICAP_DOUBLE_LINE"]}, ["1.2"]),
        ({"countryCodes": ["GB"]}, ["1.1"]),
        ({"venues": ["Ascot"]}, ["1.1"]),
        ({"raceTypes": ["Flat"]}, ["1.1"]),
        ({"bspMarket": True}, ["1.1"]),
        ({"bspMarket": False}, ["1.2"]),
        ({"turnInPlayEnabled": True}, ["1.2"]),
        ({"countryCodes": ["GB"], "bspMarket": False}, []),
        ({"marketTypes": ["NO_SUCH_TYPE"]}, []),
    ],
)
def test_markets_have_to_fit_every_field(wanted: dict[str, Any], expected: list[str]) -> None:
    """One of the values of each field; values are not checked."""
    race = {"country_code": "GB", "venue": "Ascot", "race_type": "Flat", "bsp_market": True}
    match = {
        "event_type_id": "1",
        "event_id": "77",
        "market_type": "ASIAN_HANDICAP",
        "betting_type": "ASIAN_HANDICAP_DOUBLE_LINE",
        "turn_in_play_enabled": True,
    }
    client = Stream(PublishedExchange(market("1.1", **race), market("1.2", **match))).client()

    client.says(**subscription(["EX_LTP"]) | {"marketFilter": wanted})
    assert expected == _markets(client.gets())


def test_a_market_that_comes_later_is_added_by_itself() -> None:
    """With an image, whether it is new or came to fit."""
    stream = Stream(PublishedExchange(market("1.1"), market("1.2", market_type="PLACE")))
    client = _subscribed(stream)
    other = _subscribed(stream, None, marketFilter={"marketTypes": ["WIN"]})

    stream.exchange.publish(market("1.3"), _bet(2, 2, "1.3"))
    (message,) = client.gets()
    assert ("1.3", True, [[2, 2]]) == (
        message["mc"][0]["id"],
        message["mc"][0]["img"],
        message["mc"][0]["rc"][0]["atb"],
    )
    assert "ct" not in message
    assert ["1.3"] == _markets(other.gets())

    stream.exchange.publish(MarketChange(id="1.2", market_definition=market("1.2").market_definition))
    assert [True] == [message["mc"][0].get("img") for message in other.gets()]


def test_a_market_that_is_closed_does_not_come_in() -> None:
    """Unless it is asked for by its id; one that closes later stays."""
    stream = Stream(PublishedExchange(market("1.1"), market("1.2", status="CLOSED")))
    client = stream.client()
    client.says(**subscription(["EX_MARKET_DEF"]))
    assert ["1.1"] == _markets(client.gets())

    closed = MarketChange(id="1.1", market_definition=market("1.1", status="CLOSED").market_definition)
    stream.exchange.publish(closed)
    assert ["1.1"] == _markets(client.gets())

    client.says(**subscription(["EX_MARKET_DEF"], "1.2"))
    assert ["1.2"] == _markets(client.gets())


def test_too_many_markets_are_refused_and_the_connection_stays() -> None:
    """The one refusal that does not close; what was subscribed to before goes on."""
    stream = Stream(
        PublishedExchange(market("1.1"), market("1.2"), market("1.3")), limits=StreamLimits(markets=2)
    )
    client = _subscribed(stream, OFFERS, "1.1")

    client.says(**subscription(OFFERS) | {"id": 9})
    (status,) = client.gets()
    assert ("SUBSCRIPTION_LIMIT_EXCEEDED", 9, False) == (
        status["errorCode"],
        status["id"],
        status["connectionClosed"],
    )

    stream.exchange.publish(_bet(2, 2))
    assert [2] == [message["id"] for message in client.gets()]


def test_markets_beyond_the_limit_are_not_added_later() -> None:
    """The client is told once."""
    stream = Stream(PublishedExchange(market("1.1")), limits=StreamLimits(markets=1))
    client = _subscribed(stream)

    stream.exchange.publish(market("1.2"))
    assert ["SUBSCRIPTION_LIMIT_EXCEEDED"] == [message["errorCode"] for message in client.gets()]
    stream.exchange.publish(market("1.3"), _bet(2, 2))
    assert ["1.1"] == _markets(client.gets())


def test_markets_that_are_closed_leave_room_for_others() -> None:
    """The limit is of open markets, so that a subscription can last for days."""
    stream = Stream(PublishedExchange(market("1.1")), limits=StreamLimits(markets=1))
    client = _subscribed(stream, ["EX_MARKET_DEF"])

    closed = MarketChange(id="1.1", market_definition=market("1.1", status="CLOSED").market_definition)
    stream.exchange.publish(closed, market("1.2"))
    assert {"1.1", "1.2"} == set(_markets(client.gets()))


def test_changes_are_put_together_where_conflation_is_asked_for() -> None:
    """All changes of a span are one message, in which what was merged is marked, by simulated time."""
    stream = Stream(PublishedExchange(market("1.1"), market("1.2")))
    client = _subscribed(stream, ["EX_ALL_OFFERS"], conflateMs=1000)

    stream.exchange.publish(_bet(2, 2))
    stream.exchange.publish(_bet(2, 3), _bet(3, 1, "1.2"), after=900)
    assert [] == client.gets()

    began = stream.exchange.now - 900
    stream.exchange.publish(_bet(4, 4), after=200)
    (message,) = client.gets()
    assert began + 1000 == message["pt"]
    assert [
        {"id": "1.1", "con": True, "rc": [{"id": 11, "atb": [[2, 3]]}]},
        {"id": "1.2", "rc": [{"id": 11, "atb": [[3, 1]]}]},
    ] == message["mc"]


def test_a_client_that_does_not_read_gets_what_it_missed_as_one() -> None:
    """Marked as put together; then it goes on one by one."""
    stream = Stream(PublishedExchange(market()))
    client = _subscribed(stream, ["EX_ALL_OFFERS"])

    stream.exchange.publish(_bet(2, 2))
    assert [] == client.gets(is_writable=False)
    stream.exchange.publish(_bet(2, 3), _bet(2, 4))
    assert [(True, [[2, 4]])] == [
        (message["mc"][0]["con"], message["mc"][0]["rc"][0]["atb"]) for message in client.gets()
    ]

    stream.exchange.publish(_bet(2, 5), _bet(2, 6))
    assert [[[2, 5]], [[2, 6]]] == [message["mc"][0]["rc"][0]["atb"] for message in client.gets()]


def test_a_client_that_does_not_read_for_a_while_and_misses_nothing_goes_on_one_by_one() -> None:
    """As at full speed, where the exchange waits for whoever is slow."""
    stream = Stream(PublishedExchange(market()))
    client = _subscribed(stream, ["EX_ALL_OFFERS"])

    assert [] == client.gets(is_writable=False)
    stream.exchange.publish(_bet(2, 2), _bet(2, 3))

    assert [[[2, 2]], [[2, 3]]] == [message["mc"][0]["rc"][0]["atb"] for message in client.gets()]


def test_a_client_that_is_too_far_behind_is_closed() -> None:
    """When what it missed is no longer there, nothing else is left to do."""
    stream = Stream(PublishedExchange(market()), limits=StreamLimits(history=3))
    client = _subscribed(stream)

    for number in range(10):
        stream.exchange.publish(_bet(2, number + 1))
        client.turn(is_writable=False)
    assert ["UNEXPECTED_ERROR"] == [message["errorCode"] for message in client.gets()]
    assert client.connection.is_ended


@pytest.mark.parametrize(("is_wanted", "kinds"), [(True, ["SEG_START", "SEG", "SEG_END"]), (False, [None])])
def test_an_image_is_cut_where_the_client_takes_segments(*, is_wanted: bool, kinds: list[str | None]) -> None:
    """Between markets; the tokens come with the last segment, the terms with the first."""
    stream = Stream(
        PublishedExchange(market("1.1"), market("1.2"), market("1.3")), limits=StreamLimits(segment=100)
    )
    client = stream.client()

    client.says(**subscription(["EX_MARKET_DEF"], segmentationEnabled=is_wanted))
    _, *image = client.gets()
    assert kinds == [message.get("segmentType") for message in image]
    assert ["1.1", "1.2", "1.3"] == _markets(image)
    assert {"SUB_IMAGE"} == {message["ct"] for message in image}
    assert [False] * (len(kinds) - 1) + [True] == ["clk" in message for message in image]
    assert "heartbeatMs" in image[0]
    assert "initialClk" in image[-1]


def test_a_heartbeat_comes_where_nothing_else_does() -> None:
    """In real time, with the token of what the client has."""
    stream = Stream(PublishedExchange(market()))
    client = _subscribed(stream, OFFERS, heartbeatMs=1000)

    stream.now += 0.9
    stream.exchange.publish(_bet(2, 2))
    clk = client.gets()[0]["clk"]
    stream.now += 0.9
    assert [] == client.gets()
    stream.now += 0.1
    assert [{"op": "mcm", "id": 2, "clk": clk, "pt": stream.exchange.now, "ct": "HEARTBEAT"}] == client.gets()


def _tokens(messages: list[dict[str, Any]]) -> dict[str, str]:
    tokens: dict[str, str] = {}
    for message in messages:
        tokens |= {key: message[key] for key in ("initialClk", "clk") if key in message}
    return tokens


def test_a_client_that_comes_back_gets_what_it_missed() -> None:
    """As a delta with new tokens, put together; markets that are new to it with their image."""
    stream = Stream(PublishedExchange(market("1.1"), market("1.2")))
    client = stream.client()
    client.says(**subscription(["EX_ALL_OFFERS"]))
    tokens = _tokens(client.gets())
    client.connection.close()
    stream.exchange.publish(_bet(2, 2), _bet(2, 3), market("1.3", FULL_RUNNER))

    client = stream.client()
    client.says(**subscription(["EX_ALL_OFFERS"], **tokens))
    status, message = client.gets()
    assert ("SUCCESS", "RESUB_DELTA") == (status["statusCode"], message["ct"])
    assert tokens["initialClk"] != message["initialClk"]
    assert [("1.1", None, True), ("1.3", True, None)] == [
        (change["id"], change.get("img"), change.get("con")) for change in message["mc"]
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"clk": "AAAAAAAAAAk="},
        {"clk": "something"},
        {"clk": 7},
        {"initialClk": "otherAAAAAAAAAAE="},
        {"initialClk": None},
        {"marketFilter": {"marketIds": ["1.1"]}},
        {"marketDataFilter": {"fields": ["EX_LTP"]}},
    ],
    ids=str,
)
def test_a_token_that_is_none_of_the_subscription_is_refused(wrong: dict[str, Any]) -> None:
    """From the future, made up, of another server, alone, or of another subscription."""
    stream = Stream(PublishedExchange(market()))
    client = stream.client()
    client.says(**subscription(OFFERS))
    tokens = _tokens(client.gets())

    client = stream.client()
    client.says(**subscription(OFFERS, **tokens) | wrong)
    (status,) = client.gets()
    assert ("INVALID_CLOCK", True) == (status["errorCode"], status["connectionClosed"])


def test_a_token_that_is_too_old_is_refused() -> None:
    """When what came after it is no longer there."""
    stream = Stream(PublishedExchange(market()), limits=StreamLimits(history=3))
    client = stream.client()
    client.says(**subscription())
    tokens = _tokens(client.gets())
    stream.exchange.publish(*(_bet(2, number + 1) for number in range(10)))

    client = stream.client()
    client.says(**subscription(**tokens))
    assert ["INVALID_CLOCK"] == [status["errorCode"] for status in client.gets()]


def test_null_tokens_are_none() -> None:
    """Clients send both explicitly before they have any."""
    client = Stream(PublishedExchange(market())).client()

    client.says(**subscription(initialClk=None, clk=None, conflateMs=None, heartbeatMs=None))
    assert "SUB_IMAGE" == client.gets()[1]["ct"]


def test_a_delayed_app_key_sees_less_and_later() -> None:
    """Three prices, no volume of runners, no projections, 60 s old, and put together over 180 s."""
    stream = Stream(PublishedExchange(market("1.1", FULL_RUNNER)))
    stream.exchange.publish(_bet(5, 5))
    client = stream.client(DELAYED_KEY)
    client.says(**subscription())
    image = client.gets()[1]
    assert (180_000, stream.exchange.now - 60_000) == (image["conflateMs"], image["pt"])
    (runner,) = image["mc"][0]["rc"]
    best: list[list[float]] = [[2, 10], [1.9, 5], [1.8, 4]]
    assert (best, [[level, *entry] for level, entry in enumerate(best)]) == (runner["atb"], runner["batb"])
    assert not {"trd", "tv", "spn", "spf"} & set(runner)
    assert "tv" in image["mc"][0]

    stream.exchange.pass_time(60_000)
    stream.exchange.publish(_bet(1.01, 2))
    assert [] == client.gets()
    stream.exchange.pass_time(180_000)
    (message,) = client.gets()
    assert [[1.8, 0], [5, 5]] == message["mc"][0]["rc"][0]["atb"]


def test_every_line_is_ascii() -> None:
    """Clients read bytes piecewise, and a letter may not be cut in two."""
    client = Stream(PublishedExchange(market("1.1", venue="Chantilly é 🐎"))).client()

    client.says(**subscription([MarketDataField.EX_MARKET_DEF]))
    line = client.reads()[-1]
    assert line.isascii()
    assert "Chantilly é 🐎" == msgspec.json.decode(line)["mc"][0]["marketDefinition"]["venue"]
