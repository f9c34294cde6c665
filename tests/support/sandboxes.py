"""A sandbox that listens on loopback, in a thread of its own, and clients made of requests."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from betflow.sandbox.faults import Where, rule_of
from betflow.sandbox.feed import Feed
from betflow.sandbox.profile import Place, write_credentials
from betflow.sandbox.server import DELAYED_KEY, LIVE_KEY, Options, RealTime, Sandbox
from exchange_scenes import ScriptedFeed

NOW_MS = 1_771_407_000_000
"""2026-02-18T09:30:00.000Z."""
TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Running:
    """A sandbox that runs, and where a client finds what it needs."""

    sandbox: Sandbox
    place: Place
    clients: "list[Client]" = field(default_factory=list)

    @property
    def base(self) -> str:
        """What all addresses begin with."""
        return self.sandbox.addresses.base

    def client(self) -> "Client":
        """Return somebody who has not logged in."""
        return Client(self)

    def logged_in(self, app_key: str = LIVE_KEY) -> "Client":
        """Return somebody who has logged in, interactively."""
        client = Client(self, app_key)
        answer = client.post(
            "/api/login", data="username=sandbox&password=sandbox", Accept="application/json"
        )
        client.token = answer.json()["token"]
        return client

    def goes_wrong(self, **rule: object) -> None:
        """Put a rule into force, about calls unless told otherwise."""
        self.sandbox.context.faults.add(rule_of({"where": Where.API, **rule}))


class Client:
    """A session of requests that trusts the sandbox."""

    def __init__(self, running: Running, app_key: str = LIVE_KEY) -> None:
        self.running = running
        self.app_key = app_key
        self.token = ""
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(running.place.authority)
        running.clients.append(self)

    def present(self, folder: Path) -> None:
        """Show the client certificate in a folder from now on."""
        self.session.cert = (str(folder / "client.crt"), str(folder / "client.key"))

    def post(self, path: str, data: str | bytes, **headers: str) -> requests.Response:
        """Post something as a form, unless headers (with _ for -) say otherwise."""
        known = {"X-Application": self.app_key, "X-Authentication": self.token}
        known |= {"Content-Type": "application/x-www-form-urlencoded"}
        known |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.post(
            self.running.base + path,
            data=data,
            headers={name: value for name, value in known.items() if value},
            timeout=TIMEOUT_S,
        )

    def get(self, path: str, **headers: str) -> requests.Response:
        """Get something."""
        known = {"X-Application": self.app_key, "X-Authentication": self.token, **headers}
        return self.session.get(self.running.base + path, headers=known, timeout=TIMEOUT_S)

    def call(self, method: str, params: object = None, *, service: str = "betting") -> Any:  # noqa: ANN401 - JSON
        """Call an operation; return what the envelope has."""
        request = {"jsonrpc": "2.0", "method": method, "params": params or {}, "id": 1}
        return self.post(f"/exchange/{service}/json-rpc/v1", data=json.dumps(request)).json()

    def error(self, method: str, params: object = None, *, service: str = "betting") -> str:
        """Call an operation that is refused by its service; return the code."""
        data = self.call(method, params, service=service)["error"]["data"]
        return str(data[data["exceptionname"]]["errorCode"])


@contextmanager
def running(folder: Path, feed: Feed | None = None, **options: Any) -> Iterator[Running]:  # noqa: ANN401 - of Options
    """Run a sandbox for a block, on ports that are free; nothing happens on it unless there is a feed."""
    place = Place(folder / "config" / "sandbox.yaml", folder / "sandbox")
    real = RealTime(monotonic=time.monotonic, now_ms=lambda: NOW_MS)
    sandbox = Sandbox(feed or ScriptedFeed(NOW_MS), Options(**options), real)
    write_credentials(
        place,
        sandbox.member,
        sandbox.token(),
        authority=sandbox.authority.pem,
        linked=sandbox.linked,
        unlinked=sandbox.unlinked,
    )
    thread = _Thread(sandbox)
    thread.start()
    opened = Running(sandbox, place)
    try:
        thread.wait()
        yield opened
    finally:
        for client in opened.clients:
            client.session.close()
        thread.end()


class _Thread(threading.Thread):
    """Runs a sandbox until it is told to end."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(daemon=True)
        self._sandbox = sandbox
        self._opened = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._until: asyncio.Event | None = None
        self._error: BaseException | None = None

    def run(self) -> None:
        """Run it."""
        try:
            asyncio.run(self._run())
        except BaseException as error:  # noqa: BLE001 - it is told to the test
            self._error = error
            self._opened.set()

    async def _run(self) -> None:
        self._loop, self._until = asyncio.get_running_loop(), asyncio.Event()
        async with self._sandbox:
            self._opened.set()
            await self._sandbox.run(self._until)

    def wait(self) -> None:
        """Return when it listens."""
        self._opened.wait()
        if self._error is not None:
            raise self._error

    def end(self) -> None:
        """End it, and raise what went wrong in it."""
        if self._loop is not None and self._until is not None and self.is_alive():
            self._loop.call_soon_threadsafe(self._until.set)
        self.join(TIMEOUT_S)
        if self._error is not None:
            raise self._error


__all__ = ["DELAYED_KEY", "LIVE_KEY", "NOW_MS", "Client", "Running", "running"]
