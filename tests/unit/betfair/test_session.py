"""A session is logged in once, kept alive in time, shared, and renewed when Betfair refuses it."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from betflow.betfair.secrets import Secret
from betflow.betfair.session import MAX_LOGINS_PER_MINUTE, Lifetime, Session
from betflow.betfair.token_cache import SessionToken, TokenCache
from betflow.errors import AuthenticationError, Sent, StorageError, UnreachableError
from certificates import NOW_MS
from identity_service import APP_KEY, PASSWORD, Clock, IdentityService, session
from loopback import DROP, STALL, Answer, Loopback, loopback

HOUR_MS = 3_600_000
NO_SESSION = Answer(b'{"token":"","product":"","status":"FAIL","error":"NO_SESSION"}')
INTERNAL_ERROR = Answer(b'{"loginStatus":"INTERNAL_ERROR"}')


@pytest.fixture
def service() -> IdentityService:
    """Return the identity service."""
    return IdentityService()


@pytest.fixture
def server(tmp_path: Path, service: IdentityService) -> Iterator[Loopback]:
    """Run the identity service."""
    with loopback(tmp_path, service) as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still."""
    return Clock()


Opening = Callable[..., Session]


@pytest.fixture
def opened(server: Loopback, tmp_path: Path, clock: Clock) -> Iterator[Opening]:
    """Return what opens a session as another process would; transports are closed at the end."""
    made: list[Session] = []

    def opening(**options: object) -> Session:
        made.append(session(server, tmp_path, clock, **options))  # type: ignore[arg-type]  # passed on
        return made[-1]

    yield opening
    for each in made:
        each._transport.close()


def test_one_login_serves_everybody(opened: Opening, service: IdentityService) -> None:
    """The first call logs in; later ones, and other processes, find the session."""
    first, second = opened(), opened()

    tokens = {each.token().token for each in (first, first, second, second)}

    assert ({Secret("s3cret-token-1=")}, ["certlogin"]) == (tokens, service.calls)


def test_a_login_that_is_asked_for_is_made(opened: Opening, service: IdentityService) -> None:
    """There may be a session: the new one is everybody's, and the old one goes on living."""
    first, second = opened(), opened()
    old = first.token()

    new = second.log_in()

    assert (new.token, new.token) == (second.token().token, opened().token().token)
    assert {old.token.reveal(), new.token.reveal()} == service.alive
    assert ["certlogin", "certlogin"] == service.calls


def test_an_interactive_login_goes_to_its_own_address(opened: Opening, service: IdentityService) -> None:
    """Without a certificate the interactive login is used."""
    opened(with_certificate=False).token()

    assert ["login"] == service.calls


def test_a_session_is_kept_alive_at_half_of_its_life(
    opened: Opening, service: IdentityService, clock: Clock
) -> None:
    """After six hours of twelve a keepAlive extends it, for all processes, and no login is made."""
    first, second = opened(), opened()
    token = first.token()
    clock.now_ms += 6 * HOUR_MS - 1
    assert token == first.token()

    clock.now_ms += 1
    extended = first.token()

    assert (token.token, clock.now_ms) == (extended.token, extended.renewed_ms)
    assert extended == second.token()
    assert ["certlogin", "keepAlive"] == service.calls


def test_a_session_that_has_expired_is_replaced(
    opened: Opening, service: IdentityService, clock: Clock
) -> None:
    """After twelve hours nothing can be extended: there is another login."""
    first = opened().token()
    clock.now_ms += 12 * HOUR_MS

    assert first.token != opened().token().token
    assert ["certlogin", "certlogin"] == service.calls


def test_a_session_that_cannot_be_extended_is_replaced(
    opened: Opening, service: IdentityService, clock: Clock
) -> None:
    """Where keepAlive knows no such session there is another login."""
    opened().token()
    service.alive.clear()
    clock.now_ms += 7 * HOUR_MS

    opened().token()

    assert ["certlogin", "keepAlive", "certlogin"] == service.calls


def test_a_session_from_the_future_is_not_trusted(
    opened: Opening, service: IdentityService, clock: Clock
) -> None:
    """Where the clock was put back the age of a session is not known, so it is kept alive."""
    opened().token()
    clock.now_ms -= HOUR_MS

    opened().token()

    assert ["certlogin", "keepAlive"] == service.calls


@pytest.mark.parametrize(
    ("expires", "told", "expected"),
    [(43200, None, 21600), (86400, None, 21600), (1200, None, 600), (43200, 3600, 3600), (1200, 21600, 1200)],
)
def test_when_a_session_is_renewed(expires: float, told: float | None, expected: float) -> None:
    """At half of its life, after six hours at most, or when the user says; never after its end."""
    assert expected == Lifetime.of(expires, told).renewed_after_s


def test_a_refused_session_is_renewed_once_for_all(opened: Opening, service: IdentityService) -> None:
    """Processes whose session was refused make one login together: the others find the new one."""
    first, second = opened(), opened()
    refused = first.token()
    assert refused == second.token()

    assert first.renewed(refused) == second.renewed(refused)
    assert ["certlogin", "certlogin"] == service.calls


def test_threads_make_one_login(opened: Opening, service: IdentityService) -> None:
    """Threads that begin together make one login."""
    shared = opened()
    with ThreadPoolExecutor(8) as threads:
        tokens = set(threads.map(lambda _: shared.token(), range(8)))

    assert (1, ["certlogin"]) == (len(tokens), service.calls)


PROCESS = """
import json, sys
from pathlib import Path
from betflow.betfair.tls import verified_context
from identity_service import Clock, session

class Server:
    url = sys.argv[1]
    def client_context(self):
        return verified_context(authority=Path(sys.argv[2]))

sys.stdin.readline()
print(session(Server(), Path(sys.argv[3]), Clock()).token().token.reveal())
"""


def test_ten_processes_make_one_login(server: Loopback, tmp_path: Path, service: IdentityService) -> None:
    """Ten processes that begin at the same moment make one login, and all have its session."""
    path = os.pathsep.join(["src", "tests/support", "scripts"])
    command = [sys.executable, "-c", PROCESS, server.url, str(server.authority_file), str(tmp_path)]
    processes = [
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        for _ in range(10)
    ]
    for each in processes:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    printed = [each.communicate(timeout=60)[0] for each in processes]

    assert (["s3cret-token-1=\n"] * 10, ["certlogin"]) == (printed, service.calls)


def test_trouble_that_may_pass_is_waited_for(opened: Opening, service: IdentityService, clock: Clock) -> None:
    """A login is tried again after 100, 200 and 400 milliseconds where that may help."""
    service.instead["certlogin"] = [INTERNAL_ERROR, DROP, Answer(status=503)]

    opened().token()

    assert ([0.1, 0.2, 0.4], 4) == (clock.pauses, len(service.calls))


def test_trouble_that_does_not_pass_is_told(opened: Opening, service: IdentityService) -> None:
    """After three repetitions the last trouble is the answer."""
    service.instead["certlogin"] = [INTERNAL_ERROR] * 4

    with pytest.raises(AuthenticationError, match=r"certlogin: INTERNAL_ERROR: .* Try again"):
        opened().token()
    assert 4 == len(service.calls)


@pytest.mark.parametrize("status", ["INVALID_USERNAME_OR_PASSWORD", "TEMPORARY_BAN_TOO_MANY_REQUESTS"])
def test_a_refused_login_is_not_repeated(
    opened: Opening, service: IdentityService, status: str, clock: Clock
) -> None:
    """A wrong password tried again would lock the account."""
    service.instead["certlogin"] = [Answer(b'{"loginStatus":"%s"}' % status.encode())]

    with pytest.raises(AuthenticationError, match=status):
        opened().token()
    assert ([], 1) == (clock.pauses, len(service.calls))


def test_logins_that_go_round_in_circles_are_stopped(
    opened: Opening, service: IdentityService, clock: Clock
) -> None:
    """Where each new session is refused at once the logins end long before Betfair bans the account."""
    one = opened()
    token = one.token()
    for _ in range(MAX_LOGINS_PER_MINUTE - 1):
        token = one.renewed(token)

    with pytest.raises(AuthenticationError, match=r"20 logins within a minute") as refusal:
        opened().renewed(token)
    assert (Sent.NOT_SENT, MAX_LOGINS_PER_MINUTE) == (refusal.value.sent, len(service.calls))

    clock.now_ms += 60_000
    assert token != one.renewed(token)


def test_logout_ends_it_for_all(opened: Opening, service: IdentityService) -> None:
    """After a logout the session is gone here and at Betfair, and the next use logs in."""
    first, second = opened(), opened()
    first.token()

    assert (True, set()) == (second.logout(), service.alive)
    assert not second.logout()
    second.token()
    assert ["certlogin", "logout", "certlogin"] == service.calls


def test_logout_of_a_session_that_is_over_is_none(opened: Opening, service: IdentityService) -> None:
    """Where Betfair knows no such session there was none to end."""
    one = opened()
    one.token()
    service.alive.clear()

    assert not one.logout()


def test_logout_without_an_answer_forgets_the_session(opened: Opening, service: IdentityService) -> None:
    """Whatever Betfair did, this session is not used again."""
    one = opened()
    one.token()
    service.instead["logout"] = [DROP] * 4

    with pytest.raises(UnreachableError, match="logout"):
        one.logout()
    one.token()
    assert "certlogin" == service.calls[-1]


def test_keep_alive_when_asked(opened: Opening, service: IdentityService, clock: Clock) -> None:
    """A session can be extended at any time; where there is none, or no more, there is a login."""
    one = opened()
    one.keep_alive()
    clock.now_ms += 1
    assert clock.now_ms == one.keep_alive().renewed_ms
    service.instead["keepAlive"] = [NO_SESSION]
    one.keep_alive()

    assert ["certlogin", "keepAlive", "keepAlive", "certlogin"] == service.calls


def test_keep_alive_without_an_answer(opened: Opening, service: IdentityService, clock: Clock) -> None:
    """Where keepAlive is not answered nobody logs in on top of it: the trouble is told."""
    one = opened()
    one.token()
    clock.now_ms += 7 * HOUR_MS
    service.instead["keepAlive"] = [DROP] * 8

    for ask in (one.keep_alive, one.token):
        with pytest.raises(UnreachableError, match="keepAlive"):
            ask()
    assert "certlogin" not in service.calls[1:]


def test_a_restriction_is_remembered(opened: Opening, service: IdentityService) -> None:
    """That an account may not bet is known to every process that shares the session."""
    answer = b'{"token":"t","product":"k","status":"LIMITED_ACCESS","error":"KYC_SUSPEND"}'
    service.instead["login"] = [Answer(answer)]

    assert "KYC_SUSPEND" == opened(with_certificate=False).token().restriction
    assert "KYC_SUSPEND" == opened(with_certificate=False).token().restriction


def test_no_answer_in_time(opened: Opening, service: IdentityService) -> None:
    """A login that nobody answers says how long it waited."""
    service.instead["certlogin"] = [STALL] * 4

    with pytest.raises(UnreachableError, match=r"localhost:\d+ gave no answer within 0.1 s"):
        opened(read_timeout_s=0.1).token()


def cache_of(server: Loopback, folder: Path) -> TokenCache:
    """Return the file that sessions at a server share."""
    return TokenCache(folder / "sessions", server.url, "me", APP_KEY)


@pytest.mark.skipif(os.name != "posix", reason="there are no such permissions")
def test_the_file_is_private(opened: Opening, server: Loopback, tmp_path: Path) -> None:
    """Only its owner may read the session, and its name tells nothing."""
    opened().token()
    cache = cache_of(server, tmp_path)

    modes = [stat.S_IMODE(path.stat().st_mode) for path in (cache.path, cache.path.parent)]
    assert [0o600, 0o700] == modes
    assert 16 == len(cache.path.stem)
    assert PASSWORD not in cache.path.read_text()


@pytest.mark.parametrize("content", [b"", b"{", b'{"token":7}', b"\xff", b"[]", b'{"token":"x","new":1}'])
def test_a_damaged_file_is_replaced(
    opened: Opening, server: Loopback, tmp_path: Path, service: IdentityService, content: bytes
) -> None:
    """A file that is damaged is no session: there is a login, and the file is whole again."""
    opened().token()
    cache = cache_of(server, tmp_path)
    cache.path.write_bytes(content)

    opened().token()

    assert ["certlogin"] * 2 == service.calls
    assert cache.read().session is not None


@pytest.mark.skipif(os.name != "posix", reason="there are no such permissions")
def test_a_file_that_others_may_read_is_replaced(
    opened: Opening, server: Loopback, tmp_path: Path, service: IdentityService
) -> None:
    """A session that others may have read is not used again."""
    opened().token()
    path = cache_of(server, tmp_path).path
    path.chmod(0o644)

    opened().token()

    assert (["certlogin"] * 2, 0o600) == (service.calls, stat.S_IMODE(path.stat().st_mode))


def test_a_folder_that_cannot_be_made(opened: Opening, tmp_path: Path, service: IdentityService) -> None:
    """Where the session cannot be kept nobody logs in: each process would do so anew."""
    (tmp_path / "sessions").write_text("a file")

    with pytest.raises(StorageError, match="The session cannot be kept in"):
        opened().token()
    assert [] == service.calls


def test_accounts_do_not_share(tmp_path: Path) -> None:
    """Another account, address or app key is another session."""
    paths = {TokenCache(tmp_path, *account).path for account in (("h", "me"), ("h", "you"), ("i", "me"))}

    assert 3 == len(paths)


def test_a_session_does_not_show_its_token() -> None:
    """What is printed of a session token is not the token."""
    assert "s3cret" not in repr(SessionToken(Secret("s3cret"), NOW_MS))


def test_what_is_stored_is_json(opened: Opening, server: Loopback, tmp_path: Path) -> None:
    """The file says when the session was renewed and when logins were made."""
    opened().token()
    stored = json.loads(cache_of(server, tmp_path).path.read_text())

    assert (NOW_MS, [NOW_MS], "") == (stored["renewed_ms"], stored["logins_ms"], stored["restriction"])
