"""Services are found by jurisdiction, and beside an address that is given."""

import pytest

from betflow.betfair.endpoints import Jurisdiction, endpoints
from betflow.errors import ConfigurationError
from betflow.wire.operations import Api


@pytest.mark.parametrize(
    ("jurisdiction", "login", "betting", "heartbeat", "menu"),
    [
        (Jurisdiction.INTERNATIONAL, "betfair.com", "betfair.com", "betfair.com", "en"),
        (Jurisdiction.AUSTRALIA, "betfair.com.au", "betfair.com.au", "betfair.com.au", "en"),
        (Jurisdiction.ITALY, "betfair.it", "betfair.com", "betfair.it", "it"),
        (Jurisdiction.SPAIN, "betfair.es", "betfair.com", "betfair.es", "es"),
        (Jurisdiction.ROMANIA, "betfair.ro", "betfair.com", "betfair.com", "en"),
        (Jurisdiction.SWEDEN, "betfair.se", "betfair.com", "betfair.com", "en"),
    ],
)
def test_addresses_follow_the_jurisdiction(
    jurisdiction: Jurisdiction, login: str, betting: str, heartbeat: str, menu: str
) -> None:
    """Each jurisdiction logs in at home; betting is at home in Australia only."""
    found = endpoints(jurisdiction)

    assert f"https://identitysso-cert.{login}/api/certlogin" == found.cert_login
    assert f"https://identitysso.{login}/api/login" == found.login
    assert f"https://identitysso.{login}/api/keepAlive" == found.keep_alive
    assert f"https://identitysso.{login}/api/logout" == found.logout
    assert f"https://api.{betting}/exchange/betting/json-rpc/v1" == found.of(Api.BETTING)
    assert f"https://api.{betting}/exchange/account/json-rpc/v1" == found.of(Api.ACCOUNT)
    assert f"https://api.{betting}/exchange/scores/json-rpc/v1" == found.of(Api.SCORES)
    assert f"https://api.{heartbeat}/exchange/heartbeat/json-rpc/v1" == found.of(Api.HEARTBEAT)
    assert found.navigation.endswith(f"/exchange/betting/rest/v1/{menu}/navigation/menu.json")
    assert ("stream-api.betfair.com", 443) == found.stream


@pytest.mark.parametrize(
    "given",
    [
        "https://localhost:8443/exchange/betting/json-rpc/v1/",
        "https://localhost:8443/exchange/betting/json-rpc/v1",
        "https://localhost:8443/exchange/",
        "https://localhost:8443/exchange",
        "https://localhost:8443/",
        "https://localhost:8443",
    ],
)
def test_an_address_leads_to_all_services(given: str) -> None:
    """Be it that of betting or of what is above, with or without a slash, the others are beside it."""
    found = endpoints(Jurisdiction.ITALY, api_url=given)

    base = "https://localhost:8443/exchange"
    assert f"{base}/betting/json-rpc/v1" == found.betting
    assert f"{base}/account/json-rpc/v1" == found.account
    assert f"{base}/heartbeat/json-rpc/v1" == found.heartbeat
    assert f"{base}/betting/rest/v1/it/navigation/menu.json" == found.navigation


def test_an_address_of_the_login_leads_to_the_others() -> None:
    """On Betfair's own hosts only the login by certificate is on the host for certificates."""
    ours = endpoints(identity_url="https://localhost:8443/api/")
    theirs = endpoints(identity_url="https://identitysso-cert.betfair.com/api/")

    assert ("https://localhost:8443/api/certlogin", "https://localhost:8443/api/keepAlive") == (
        ours.cert_login,
        ours.keep_alive,
    )
    assert endpoints() == theirs


@pytest.mark.parametrize(
    ("given", "expected"),
    [("h:7443", ("h", 7443)), ("h", ("h", 443)), ("[::1]:7443", ("::1", 7443))],
)
def test_address_of_the_stream(given: str, expected: tuple[str, int]) -> None:
    """The stream has a host and a port, 443 where there is none."""
    assert expected == endpoints(stream_url=given).stream


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("api_url", "http://api.betfair.com/exchange"),
        ("api_url", "api.betfair.com"),
        ("api_url", "https://me:s3cret@api.betfair.com"),
        ("identity_url", "https://"),
        ("identity_url", "https://h/api?x=1"),
        ("stream_url", "h:port"),
        ("stream_url", "wss://h:443/stream"),
        ("stream_url", "h:0"),
    ],
)
def test_wrong_addresses_are_refused(name: str, url: str) -> None:
    """An address that is none, or would send secrets in the open, is refused, with the setting's name."""
    with pytest.raises(ConfigurationError, match=r"betfair\.(api|stream)\..*url") as refusal:
        endpoints(
            api_url=url if name == "api_url" else None,
            identity_url=url if name == "identity_url" else None,
            stream_url=url if name == "stream_url" else None,
        )
    assert "s3cret" not in str(refusal.value)
