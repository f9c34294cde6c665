"""
Where Betfair's services are, by jurisdiction, and how other addresses are understood.

Source: "Non-Interactive (bot) login", "Interactive Login - API Endpoint", "Login & Session Management",
"Betting API", "Betting on Italian Exchange", "Betting on Spanish Exchange", "Heartbeat API", "Navigation
Data"; the historic data service's documentation.
"""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from betflow.errors import ConfigurationError
from betflow.wire.operations import Api

_HOUR_S = 3600.0
_BETTING = "/betting/json-rpc/v1"


class Jurisdiction(StrEnum):
    """Whose rules an account is under, which decides where it logs in."""

    INTERNATIONAL = "international"
    AUSTRALIA = "australia"
    """And New Zealand."""
    ITALY = "italy"
    SPAIN = "spain"
    ROMANIA = "romania"
    SWEDEN = "sweden"

    @property
    def session_lifetime_s(self) -> float:
        """
        How long a session lives without keepAlive, in seconds.

        Customers in the United Kingdom and Ireland have 24 hours; 12 hours are right for everybody but those
        in Italy and Spain, who have 20 minutes.
        """
        return 1200.0 if self in {Jurisdiction.ITALY, Jurisdiction.SPAIN} else 12 * _HOUR_S


_DOMAINS = {
    Jurisdiction.INTERNATIONAL: "com",
    Jurisdiction.AUSTRALIA: "com.au",
    Jurisdiction.ITALY: "it",
    Jurisdiction.SPAIN: "es",
    Jurisdiction.ROMANIA: "ro",
    Jurisdiction.SWEDEN: "se",
}
# Italian and Spanish sessions use the ordinary betting and account services, but heartbeat and menu of
# their own.
_API_DOMAINS = {Jurisdiction.AUSTRALIA: "com.au"}
_OWN_DOMAINS = {Jurisdiction.AUSTRALIA: "com.au", Jurisdiction.ITALY: "it", Jurisdiction.SPAIN: "es"}
_LANGUAGES = {Jurisdiction.ITALY: "it", Jurisdiction.SPAIN: "es"}


@dataclass(frozen=True, slots=True)
class Endpoints:
    """
    The addresses of the services, without a slash at the end.

    Attributes:
        cert_login: Login by certificate.
        login: Interactive login.
        keep_alive: Extends a session.
        logout: Ends a session.
        betting: JSON-RPC.
        account: JSON-RPC.
        heartbeat: JSON-RPC.
        scores: JSON-RPC.
        navigation: The navigation menu.
        historic: The historic data service.
        stream: Host and port of the Exchange Stream.
    """

    cert_login: str
    login: str
    keep_alive: str
    logout: str
    betting: str
    account: str
    heartbeat: str
    scores: str
    navigation: str
    historic: str
    stream: tuple[str, int]

    def of(self, api: Api) -> str:
        """Return the address of a service's JSON-RPC."""
        return {
            Api.BETTING: self.betting,
            Api.ACCOUNT: self.account,
            Api.HEARTBEAT: self.heartbeat,
            Api.SCORES: self.scores,
        }[api]


def endpoints(
    jurisdiction: Jurisdiction = Jurisdiction.INTERNATIONAL,
    *,
    api_url: str | None = None,
    identity_url: str | None = None,
    historic_url: str | None = None,
    stream_url: str | None = None,
) -> Endpoints:
    """
    Return where the services are.

    Args:
        jurisdiction: Of the account.
        api_url: Of the betting service, ``https://host/exchange/betting/json-rpc/v1``, or of what is above
            it, ``https://host/exchange`` or ``https://host``. The other services are beside it.
        identity_url: Where ``certlogin`` is, e.g. ``https://host/api``. The other operations are there too,
            but on ``identitysso`` where the host is called ``identitysso-cert``.
        historic_url: Where ``GetMyData`` of the historic data service is, e.g. ``https://host/api``.
        stream_url: Host and port, ``host:port``; 443 where there is no port.

    Raises:
        ConfigurationError: an address is none, or is not https: nothing is ever sent in the open.
    """
    domain = _DOMAINS[jurisdiction]
    cert = f"https://identitysso-cert.betfair.{domain}/api"
    api = f"https://api.betfair.{_API_DOMAINS.get(jurisdiction, 'com')}/exchange"
    own = f"https://api.betfair.{_OWN_DOMAINS.get(jurisdiction, 'com')}/exchange"
    if identity_url:
        cert = _checked(identity_url, "identity_url")
    if api_url:
        api = own = _above_betting(_checked(api_url, "base_url"))
    identity = cert.replace("//identitysso-cert.", "//identitysso.")
    language = _LANGUAGES.get(jurisdiction, "en")
    return Endpoints(
        cert_login=f"{cert}/certlogin",
        login=f"{identity}/login",
        keep_alive=f"{identity}/keepAlive",
        logout=f"{identity}/logout",
        betting=f"{api}{_BETTING}",
        account=f"{api}/account/json-rpc/v1",
        heartbeat=f"{own}/heartbeat/json-rpc/v1",
        scores=f"{api}/scores/json-rpc/v1",
        navigation=f"{own}/betting/rest/v1/{language}/navigation/menu.json",
        historic=_checked(historic_url, "historic_url")
        if historic_url
        else f"https://historicdata.betfair.{_API_DOMAINS.get(jurisdiction, 'com')}/api",
        stream=_stream(stream_url or "stream-api.betfair.com:443"),
    )


def _checked(url: str, setting: str) -> str:
    """Return an address without a slash at its end."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ConfigurationError(
            f"betfair.api.{setting} cannot be used: {parts.scheme}://{parts.hostname or ''}….",
            advice="Give one that begins with https:// and has nothing but a host, a port and a path.",
        )
    return url.rstrip("/")


def _above_betting(url: str) -> str:
    above = url.removesuffix(_BETTING)
    return above if urlsplit(above).path else f"{above}/exchange"


def _stream(address: str) -> tuple[str, int]:
    parts = urlsplit(f"//{address}")
    try:
        port = 443 if parts.port is None else parts.port
    except ValueError:
        port = 0
    if not parts.hostname or not port or parts.path or parts.username:
        raise ConfigurationError(
            "betfair.stream.url is no host and port.", advice="Write it as stream-api.betfair.com:443."
        )
    return parts.hostname, port
