"""
The profile that a running sandbox writes: with it, and nothing else, every command talks to the sandbox.

``config/<name>.yaml`` says where everything is; certificates, keys and the login are private files in the
data folder. Each file appears whole or not at all, so that a sandbox that is killed leaves nothing broken.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from betflow.errors import UsageError
from betflow.sandbox.authority import ClientPair
from betflow.sandbox.sessions import Member
from betflow.storage.files import make_private_folder, replace_private_file, sync_folder

_MARK: Final = "# Written by `betflow sandbox run`"
_HEAD: Final = f"""{_MARK}, anew at each start; it is good for as long as that sandbox runs.
# Its secrets are nobody's: the account exists in the sandbox only.

"""


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where a sandbox writes what its clients need.

    Attributes:
        profile: The file of the profile.
        folder: The private folder of the other files.
    """

    profile: Path
    folder: Path

    @property
    def authority(self) -> Path:
        """The certificate of the sandbox's authority: what clients have to trust."""
        return self.folder / "ca.pem"

    @property
    def certificates(self) -> Path:
        """The folder with the one client certificate that is linked to the account, and its key."""
        return self.folder / "certs"

    @property
    def unlinked(self) -> Path:
        """The folder with a client certificate that is not linked to any account, and its key."""
        return self.folder / "unlinked"

    @property
    def secrets(self) -> Path:
        """The file of secrets: app key, user name and password."""
        return self.folder / "secrets.env"

    @property
    def token(self) -> Path:
        """The file with the token of a session, for clients that do not want to log in."""
        return self.folder / "token"

    @property
    def scratch(self) -> Path:
        """The folder of what is made on the way, and removed at the end."""
        return self.folder / "scratch"

    def check(self) -> None:
        """
        See that there is no profile of somebody else's where this one goes.

        Raises:
            UsageError: there is.
        """
        if self.profile.exists() and not self.profile.read_text(errors="replace").startswith(_MARK):
            raise UsageError(
                f"{self.profile} is not one that a sandbox wrote.",
                advice="Give the sandbox's profile another name (--name), or remove the file.",
            )


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a sandbox listens: hosts with ports."""

    api: str
    admin: str
    stream: str
    plain_stream: str | None = None

    @property
    def base(self) -> str:
        """What all addresses of HTTPS begin with."""
        return f"https://{self.api}"

    @property
    def administration(self) -> str:
        """The address of the admin endpoint."""
        return f"https://{self.admin}/sandbox"


def write_credentials(
    place: Place, member: Member, token: str, *, authority: bytes, linked: ClientPair, unlinked: ClientPair
) -> None:
    """
    Write what clients log in with; before the sandbox listens, so that none has what was good for another.

    Raises:
        OSError: the disk refuses.
    """
    files = {
        place.authority: authority,
        place.certificates / "client.crt": linked.certificate,
        place.certificates / "client.key": linked.key,
        place.unlinked / "client.crt": unlinked.certificate,
        place.unlinked / "client.key": unlinked.key,
        place.token: f"{token}\n".encode(),
        place.secrets: (
            f"BETFAIR_APP_KEY={member.live_key}\n"
            f"BETFAIR_USERNAME={member.username}\n"
            f"BETFAIR_PASSWORD={member.password}\n"
        ).encode(),
    }
    for path, content in files.items():
        _write(path, content)


def write_profile(place: Place, addresses: Addresses) -> None:
    """
    Write where everything is.

    Raises:
        OSError: the disk refuses.
    """
    _write(
        place.profile,
        (_HEAD + f"# Admin endpoint: {addresses.administration}\n" + _yaml(place, addresses)).encode(),
    )


def _write(path: Path, content: bytes) -> None:
    make_private_folder(path.parent)
    replace_private_file(path, content)
    sync_folder(path.parent)


def _yaml(place: Place, addresses: Addresses) -> str:
    values: dict[str, Any] = {
        "secrets_file": str(place.secrets),
        "betfair": {
            "ca_file": str(place.authority),
            "certificate": {
                "crt": str(place.certificates / "client.crt"),
                "key": str(place.certificates / "client.key"),
            },
            "api": {
                "base_url": f"{addresses.base}/exchange",
                "identity_url": f"{addresses.base}/api",
                "historic_url": f"{addresses.base}/api",
                "exchange_clock": True,
            },
            "stream": {"url": addresses.stream},
        },
    }
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
