"""What is measured, one function each: from the tapes to the lines of the table."""

import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from bench import ledgers, material, processes, sandboxes
from bench.results import Bound, Measurement, Spread, at_least, at_most
from betflow.sandbox.feed import Feed
from betflow.sandbox.feed.generated import ANY_DAY, GeneratedFeed
from betflow.sandbox.feed.tapes import TapeFeed
from betflow.sandbox.generator.day import Programme
from betflow.tape import read as read_tapes

LONG_TAPE_BYTES = 2**30
MEMORY_LIMIT_MIB = 150
READ_ROUNDS = 5
START_ROUNDS = 20
BACKFILL_ROUNDS = 3
BACKTEST_ROUNDS = 3
BACKTEST_COPIES = 250
BACKTEST_MEMORY_LIMIT_MIB = 200
GENERATE_ROUNDS = 3
COMMAND_ROUNDS = 5
REFUSED_ORDERS = 16_095
JOURNAL_ENTRIES = 30_000
QUIET_RUNNERS = 7
QUIET_MINUTES = 10_666
FEED_ROUNDS = 3
CONNECTION_ROUNDS = 5
# 110 copies of the four common tapes are 4.5 million messages: a quarter of a minute for the peer.
BACKFILL_COPIES = 110
# The peer as it comes, which is what is judged, and its mode for those who do not keep the books.
BETFAIR_DATA = ("betfair_data", "betfair_data_mutable")

FEED_BEGINS = 1_900_000_000_000
# No tape begins so long before its off, so nothing of it is skipped.
LONG_BEFORE_THE_OFF_MS = 10**10
LONGEST_FIRST_OFF = "1d"

Run: TypeAlias = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Bench:
    """
    What every measurement needs.

    Attributes:
        tapes: The recorded ones.
        work: A folder for what is made on the way.
        seconds: How long a reader goes on in each round.
        say: Where progress goes, one sentence at a time.
    """

    tapes: material.Tapes
    work: Path
    seconds: float
    say: Callable[[str], None]


def _take_turns(bench: Bench, what: str, rounds: int, runs: Mapping[str, Run]) -> dict[str, Spread]:
    """Run all, one after the other, again and again (ABAB…); return the values of each."""
    values: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(1, rounds + 1):
        for name, run in runs.items():
            bench.say(f"{what}: round {number} of {rounds}, {name}")
            values[name].append(run())
    return {name: Spread(tuple(found)) for name, found in values.items()}


def read(bench: Bench) -> Iterator[Measurement]:
    """Read best back and best lay of every runner after every message, next to betfair_data."""
    yield from _against_betfair_data(bench, "read", prices=True, wanted=at_least(2.5))


def idle(bench: Bench) -> Iterator[Measurement]:
    """Go through all messages without looking at a price, next to betfair_data."""
    yield from _against_betfair_data(bench, "idle", prices=False, wanted=at_least(1.1))


def _against_betfair_data(bench: Bench, name: str, *, prices: bool, wanted: Bound) -> Iterator[Measurement]:
    for kind, files in (
        ("plain", bench.tapes.plain(material.COMMON)),
        ("bz2", bench.tapes.delivered(material.COMMON)),
    ):
        lines = sum(map(material.lines, files))
        rates = _take_turns(
            bench,
            f"{name}, {kind}",
            READ_ROUNDS,
            {
                reader: partial(_rate, reader, files, lines, prices=prices, seconds=bench.seconds)
                for reader in ("betflow", "betflow_in_python", *BETFAIR_DATA)
            },
        )
        for peer in ("betflow_in_python", *BETFAIR_DATA):
            yield Measurement(
                name=f"{name}, {kind}",
                unit="messages/s",
                ours=rates["betflow"],
                wanted=wanted if peer == "betfair_data" else None,
                peer=peer,
                theirs=rates[peer],
            )


def lightweight(bench: Bench) -> Iterator[Measurement]:
    """Run the same read loop next to betfairlightweight, as dictionaries and as objects."""
    files = bench.tapes.plain(name for name in bench.tapes.names if name != material.MANY_MARKETS)
    lines = sum(map(material.lines, files))
    wanted = {"betfairlightweight": at_least(4.5), "betfairlightweight_objects": at_least(20)}
    rates = _take_turns(
        bench,
        f"read, {len(files)} tapes",
        READ_ROUNDS,
        {
            reader: partial(_rate, reader, files, lines, prices=True, seconds=bench.seconds)
            for reader in ("betflow", *wanted)
        },
    )
    for peer, bound in wanted.items():
        yield Measurement(
            name=f"read, plain, {len(files)} tapes",
            unit="messages/s",
            ours=rates["betflow"],
            wanted=bound,
            peer=peer,
            theirs=rates[peer],
        )


def stream(bench: Bench) -> Iterator[Measurement]:
    """Decode and apply a stream, from the bytes as received, next to betfairlightweight's stream."""
    files = bench.tapes.plain(material.COMMON)
    lines = sum(map(material.lines, files))
    ours, peer = "betflow_stream", "betfairlightweight_stream"
    rates = _take_turns(
        bench,
        "stream",
        READ_ROUNDS,
        {
            reader: partial(_rate, reader, files, lines, prices=False, seconds=bench.seconds)
            for reader in (ours, peer)
        },
    )
    yield Measurement(
        name="stream, bytes to books",
        unit="messages/s",
        ours=rates[ours],
        wanted=at_least(5),
        peer=peer,
        theirs=rates[peer],
    )


def whole(bench: Bench) -> Iterator[Measurement]:
    """Count the lines of all tapes that are accounted for: as messages, or as anything else that is named."""
    bench.say("whole: reading every tape with both")
    files = bench.tapes.delivered(bench.tapes.names)
    theirs = {path.stem: processes.read("betfair_data", [path]).messages for path in files}
    lost = [name for name, messages in theirs.items() if not messages]
    replay = read_tapes(*files)
    for _ in replay:
        pass
    account = replay.account
    yield Measurement(
        name=f"whole, {len(files)} tapes",
        unit="lines",
        ours=Spread((account.messages + account.other + account.blank + account.damaged,)),
        wanted=at_least(sum(material.lines(path) for path in files)),
        peer="betfair_data",
        theirs=Spread((sum(theirs.values()),)),
        is_ratio=False,
        note=(
            f"betflow: {account.messages:,} messages, {account.other:,} others, {account.blank:,} blank, "
            f"{account.damaged:,} damaged; betfair_data reads nothing of {', '.join(lost)}"
        ),
    )


def backfill(bench: Bench) -> Iterator[Measurement]:
    """Import bz2 files into the archive, next to betfair_data merely reading them."""
    bench.say(f"backfill: making {BACKFILL_COPIES * len(material.COMMON)} tapes")
    sources = bench.tapes.delivered(material.COMMON)
    files = material.write_variants(sources, bench.work / "variants", copies=BACKFILL_COPIES)
    lines = sum(map(material.lines, sources)) * BACKFILL_COPIES
    rates = _take_turns(
        bench,
        f"backfill, {lines:,} messages",
        BACKFILL_ROUNDS,
        {
            "betflow": partial(_backfill_rate, bench, files[0].parent, lines),
            **{peer: partial(_rate, peer, files, lines, prices=False, seconds=0) for peer in BETFAIR_DATA},
        },
    )
    for peer in BETFAIR_DATA:
        yield Measurement(
            name=f"backfill, {len(files)} bz2 files",
            unit="messages/s",
            ours=rates["betflow"],
            wanted=at_least(1.3) if peer == "betfair_data" else None,
            peer=peer,
            theirs=rates[peer],
            note="betflow verifies, compresses and indexes, start and end included; the peer only reads",
        )


def backtest(bench: Bench) -> Iterator[Measurement]:
    """Backtest tapes next to flumine: a strategy that does nothing, and one that lays every runner once."""
    single = [name for name in bench.tapes.names if name != material.MANY_MARKETS]
    for kind, files in (("plain", bench.tapes.plain(single)), ("bz2", bench.tapes.delivered(single))):
        lines = sum(map(material.lines, files))
        for strategy in ("idle", "lay"):
            rates = _take_turns(
                bench,
                f"backtest, {strategy}, {kind}",
                BACKTEST_ROUNDS,
                {
                    name: partial(_backtest_rate, f"{name}_{strategy}", files, lines, seconds=bench.seconds)
                    for name in ("betflow", "flumine")
                },
            )
            yield Measurement(
                name=f"backtest, {strategy}, {kind}, {len(files)} tapes",
                unit="messages/s",
                ours=rates["betflow"],
                wanted=at_least(10),
                peer="flumine",
                theirs=rates["flumine"],
            )


def backtest_all(bench: Bench) -> Iterator[Measurement]:
    """Lay every runner once over all tapes, the one with 200 markets in it included; once each."""
    files = bench.tapes.delivered(bench.tapes.names)
    lines = sum(map(material.lines, files))
    rates = _take_turns(
        bench,
        "backtest, lay, all tapes",
        1,
        {
            name: partial(_backtest_rate, f"{name}_lay", files, lines, seconds=0)
            for name in ("betflow", "flumine")
        },
    )
    yield Measurement(
        name=f"backtest, lay, bz2, all {len(files)} tapes",
        unit="messages/s",
        ours=rates["betflow"],
        wanted=at_least(10),
        peer="flumine",
        theirs=rates["flumine"],
        note="flumine hands out all 200 markets of one tape after each of its messages",
    )


def orders(bench: Bench) -> Iterator[Measurement]:
    """Play one market with ten thousand waiting orders, next to a hundred: messages must not cost more."""
    files = bench.tapes.plain([material.LONG_TAPE])
    lines = sum(map(material.lines, files))
    rates = _take_turns(
        bench,
        "orders",
        BACKTEST_ROUNDS,
        {
            name: partial(_backtest_rate, name, files, lines, seconds=bench.seconds)
            for name in ("betflow_many_orders", "betflow_few_orders")
        },
    )
    yield Measurement(
        name="10,000 open orders in one market",
        unit="messages/s",
        ours=rates["betflow_many_orders"],
        wanted=None,
        peer="with 100",
        theirs=rates["betflow_few_orders"],
        note="placing and settling 10,000 orders is part of the time",
    )


def workers(bench: Bench) -> Iterator[Measurement]:
    """Backtest many markets on two workers, next to one; watch the memory of each."""
    bench.say(f"workers: making {BACKTEST_COPIES * len(material.COMMON)} tapes")
    sources = bench.tapes.delivered(material.COMMON)
    files = material.write_variants(sources, bench.work / "markets", copies=BACKTEST_COPIES)
    lines = sum(map(material.lines, sources)) * BACKTEST_COPIES
    rates = _take_turns(
        bench,
        f"workers, {lines:,} messages",
        2,
        {
            f"{count}": partial(_backtest_command_rate, bench, files[0].parent, lines, count)
            for count in (2, 1)
        },
    )
    yield Measurement(
        name=f"backtest, {len(files)} bz2 files, 2 workers",
        unit="messages/s",
        ours=rates["2"],
        wanted=at_least(1.8),
        peer="1 worker",
        theirs=rates["1"],
        note="the whole command, start and end, ledger and evidence included",
    )
    bench.say("workers: memory")
    with tempfile.TemporaryDirectory(dir=bench.work) as data_dir:
        peak = processes.peak_memory(_backtest_command(files[0].parent, 2, data_dir))
    yield Measurement(
        name=f"memory, backtest, {len(files)} markets",
        unit="MiB",
        ours=Spread((peak.largest_process,)),
        wanted=at_most(BACKTEST_MEMORY_LIMIT_MIB),
        note=f"the largest process; all of them together {peak.all_processes:.0f} MiB",
    )


def _backtest_command_rate(bench: Bench, folder: Path, messages: int, count: int) -> float:
    with tempfile.TemporaryDirectory(dir=bench.work) as data_dir:
        return messages / processes.seconds_of(_backtest_command(folder, count, data_dir))


def _backtest_command(folder: Path, count: int, data_dir: str) -> list[str]:
    program = str(processes.PROGRAMS / "betflow")
    strategy = ["--strategy", "harvest-odds-band", "--workers", str(count)]
    return [program, "backtest", *strategy, str(folder), "--data-dir", data_dir, "--json"]


def _backtest_rate(backtester: str, files: Sequence[Path], lines: int, *, seconds: float) -> float:
    """Return messages per second; messages are lines, however many books a peer makes of one."""
    reading = processes.play(backtester, files, seconds=seconds)
    return lines * reading.passes / reading.seconds


def memory(bench: Bench) -> Iterator[Measurement]:
    """Watch the memory of an import and of a read loop on one very long tape."""
    bench.say(f"memory: making a tape of {LONG_TAPE_BYTES / 2**30:g} GiB")
    [source] = bench.tapes.plain([material.LONG_TAPE])
    tape = bench.work / f"long-{source.name}"
    material.write_long_tape(source, tape, size=LONG_TAPE_BYTES)
    with tempfile.TemporaryDirectory(dir=bench.work) as data_dir:
        commands = {
            "read loop": processes.reader_command("betflow", [tape], "--prices"),
            "backfill": _backfill_command(tape, data_dir),
        }
        for name, command in commands.items():
            bench.say(f"memory: {name}")
            peak = processes.peak_memory(command)
            yield Measurement(
                name=f"memory, 1 GiB tape, {name}",
                unit="MiB",
                ours=Spread((peak.largest_process,)),
                wanted=at_most(MEMORY_LIMIT_MIB),
                note=f"{name}: the largest process; all of them together {peak.all_processes:.0f} MiB",
            )
    tape.unlink()


def start(bench: Bench) -> Iterator[Measurement]:
    """Start the program only to hear its version, next to sqlite-utils."""
    commands = {name: [str(processes.PROGRAMS / name), "--version"] for name in ("betflow", "sqlite-utils")}
    for command in commands.values():
        processes.run(command)  # once unmeasured, so that compiled modules are there for both
    times = _take_turns(
        bench,
        "start",
        START_ROUNDS,
        {name: partial(_milliseconds, command) for name, command in commands.items()},
    )
    yield Measurement(
        name="start, --version",
        unit="ms",
        ours=times["betflow"],
        wanted=at_most(0.8),
        peer="sqlite-utils",
        theirs=times["sqlite-utils"],
    )


def help_text(bench: Bench) -> Iterator[Measurement]:
    """Ask for help, which everybody does first."""
    command = [str(processes.PROGRAMS / "betflow"), "--help"]
    processes.run(command)  # once unmeasured, for the compiled modules
    run = partial(processes.processor_seconds_of, command)
    found = _take_turns(bench, "help", START_ROUNDS, {"help": run})["help"]
    yield Measurement(name="start, --help", unit="s (user+sys)", ours=found, wanted=at_most(0.15))


def refused(bench: Bench) -> Iterator[Measurement]:
    """Backtest a file of orders that are all refused: each is looked at, told of and written down."""
    (tape,) = bench.tapes.delivered([material.LONG_TAPE])
    orders = bench.work / "refused.csv"
    material.write_refused_orders(orders, REFUSED_ORDERS)
    with tempfile.TemporaryDirectory(dir=bench.work) as data_dir:
        command = [str(processes.PROGRAMS / "betflow"), "backtest", "--orders", str(orders), str(tape)]
        run = partial(processes.processor_seconds_of, [*command, "--data-dir", data_dir])
        found = _take_turns(bench, "refused", COMMAND_ROUNDS, {"refused": run})["refused"]
    yield Measurement(
        name=f"backtest, {REFUSED_ORDERS:,} refused orders",
        unit="s (user+sys)",
        ours=found,
        wanted=at_most(3.0),
    )


def audit(bench: Bench) -> Iterator[Measurement]:
    """Verify a journal, next to a bare loop that reads, encodes and hashes its rows and judges nothing."""
    with ledgers.filled(bench.work / "ledger", JOURNAL_ENTRIES) as ledger:
        found = _take_turns(
            bench,
            "audit",
            COMMAND_ROUNDS,
            {
                name: partial(ledgers.rate, walk, ledger, JOURNAL_ENTRIES)
                for name, walk in (("verify", ledgers.verify), ("bare", ledgers.read_and_hash))
            },
        )
    yield Measurement(
        name=f"audit verify, {JOURNAL_ENTRIES:,} entries",
        unit="entries/s (user+sys)",
        ours=found["verify"],
        wanted=at_least(0.6),
        peer="a bare loop",
        theirs=found["bare"],
    )


def candles(bench: Bench) -> Iterator[Measurement]:
    """Make the candles of a minute of a market that is open for a week, with one bet in it."""
    tape = bench.work / "quiet.json"
    material.write_quiet_tape(tape, runners=QUIET_RUNNERS, minutes=QUIET_MINUTES)
    with tempfile.TemporaryDirectory(dir=bench.work) as data_dir:
        command = [str(processes.PROGRAMS / "betflow"), "candles", str(tape), "--data-dir", data_dir]
        outputs = {"a table": [], "--json": ["--json"]}
        found = _take_turns(
            bench,
            "candles",
            COMMAND_ROUNDS,
            {
                name: partial(processes.processor_seconds_of, [*command, *more])
                for name, more in outputs.items()
            },
        )
    for name, seconds in found.items():
        yield Measurement(
            name=f"{QUIET_RUNNERS * QUIET_MINUTES:,} candles, {name}",
            unit="s (user+sys)",
            ours=seconds,
            wanted=at_most(1.5),
        )


def generate(bench: Bench) -> Iterator[Measurement]:
    """Make up a day of racing: 40 races of three markets each, start and end included."""
    program = str(processes.PROGRAMS / "betflow")
    seconds = []
    for number in range(1, GENERATE_ROUNDS + 1):
        bench.say(f"generate: round {number} of {GENERATE_ROUNDS}")
        with tempfile.TemporaryDirectory(dir=bench.work) as folder:
            command = [program, "sandbox", "generate", "--day", "2026-07-04", "--output", f"{folder}/day"]
            others = [f"--{kind}=0" for kind in ("greyhounds", "football", "tennis")]
            seconds.append(processes.seconds_of([*command, *others, "--data-dir", f"{folder}/data"]))
    yield Measurement(name="generate, 40 races", unit="s", ours=Spread(tuple(seconds)), wanted=at_most(30.0))


def connection(bench: Bench) -> Iterator[Measurement]:
    """Test the connection at the sandbox as a user does: login, sports, funds, stream; start and end too."""
    with sandboxes.open_sandbox(bench.work / "connection", "--speed", "0.01") as folder:
        program, profile = str(processes.PROGRAMS / "betflow"), ("--profile", "sandbox")
        command = [program, "test-connection", *profile, "--data-dir", f"{folder}/client"]
        processes.run(command, folder=folder)  # once unmeasured, so that compiled modules are there
        seconds = []
        for number in range(1, CONNECTION_ROUNDS + 1):
            bench.say(f"connection: round {number} of {CONNECTION_ROUNDS}")
            seconds.append(processes.seconds_of(command, folder=folder))
    yield Measurement(
        name="test-connection at the sandbox", unit="s", ours=Spread(tuple(seconds)), wanted=at_most(1.0)
    )


def calls(bench: Bench) -> Iterator[Measurement]:
    """Make JSON-RPC calls with the gateway, next to bare requests, at the sandbox."""
    with sandboxes.open_sandbox(bench.work / "calls", "--speed", "0.01") as folder:
        times = _take_turns(
            bench,
            "calls",
            READ_ROUNDS,
            {
                client: partial(sandboxes.figure, client, folder, seconds=bench.seconds)
                for client in ("gateway", "bare_requests")
            },
        )
    pairs = zip(times["gateway"].values, times["bare_requests"].values, strict=True)
    yield Measurement(
        name="a call: what the gateway adds to requests",
        unit="ms",
        ours=Spread(tuple(ours - theirs for ours, theirs in pairs)),
        wanted=at_most(0.5),
        peer="bare requests",
        theirs=times["bare_requests"],
        is_ratio=False,
        note="a call from end to end, the sandbox's part included",
    )


def sandbox_stream(bench: Bench) -> Iterator[Measurement]:
    """Play tapes to one client as fast as it reads, and to flumine's strategy loop."""
    names = material.COMMON[:2]
    tapes = [option for path in bench.tapes.delivered(names) for option in ("--tapes", str(path))]

    def rate(client: str) -> float:
        """Each needs a sandbox of its own: a tape is over when it was played."""
        with tempfile.TemporaryDirectory(dir=bench.work) as folder:
            options = ("--speed", "max", "--first-off", LONGEST_FIRST_OFF, *tapes)
            with sandboxes.open_sandbox(Path(folder), *options, markets=names) as opened:
                return sandboxes.figure(client, opened, seconds=bench.seconds)

    rates = _take_turns(
        bench,
        "sandbox stream",
        BACKTEST_ROUNDS,
        {client: partial(rate, client) for client in ("stream_bytes", "flumine")},
    )
    yield Measurement(
        name="sandbox stream to one client",
        unit="messages/s",
        ours=rates["stream_bytes"],
        wanted=at_least(20_000),
        note="full depth and every field",
    )
    yield Measurement(
        name="sandbox stream, next to what flumine's loop takes",
        unit="messages/s",
        ours=rates["stream_bytes"],
        wanted=at_least(8),
        peer="flumine",
        theirs=rates["flumine"],
        note="a strategy that does nothing sees each book",
    )
    others = {
        "stream_best_offers": ("the ten best prices, to one client", "messages/s"),
        "stream_ten": ("to ten clients, all together", "messages/s"),
        "stream_conflated": ("conflated over a second, to one client", "changes/s"),
    }
    found = _take_turns(
        bench, "sandbox stream", BACKTEST_ROUNDS, {client: partial(rate, client) for client in others}
    )
    for client, (name, unit) in others.items():
        yield Measurement(name=f"sandbox stream, {name}", unit=unit, ours=found[client], wanted=None)


def feed(bench: Bench) -> Iterator[Measurement]:
    """Take the changes of the sandbox's markets as fast as they come: from plain files, and made up."""
    plain = bench.tapes.plain(bench.tapes.names)

    def recorded() -> float:
        return _changes_a_second(TapeFeed(plain, begins=FEED_BEGINS, first_off=LONG_BEFORE_THE_OFF_MS))

    def made_up() -> float:
        programme = Programme(seed=1, day=ANY_DAY, races=8, greyhounds=2, football=1, tennis=1)
        return _changes_a_second(GeneratedFeed(programme, begins=FEED_BEGINS))

    rates = _take_turns(bench, "feed", FEED_ROUNDS, {"recorded": recorded, "made up": made_up})
    for name, found in rates.items():
        yield Measurement(name=f"feed, {name}", unit="changes/s", ours=found, wanted=at_least(40_000.0))


def _changes_a_second(feed: Feed) -> float:
    """Take everything that comes after the beginning, and close the feed."""
    deque(feed.take(feed.begins), maxlen=0)
    begun = time.perf_counter()
    count = sum(1 for _ in feed.take(FEED_BEGINS + 10**12))
    seconds = time.perf_counter() - begun
    feed.close()
    return count / seconds


def _rate(reader: str, files: Sequence[Path], lines: int, *, prices: bool, seconds: float) -> float:
    """Return messages per second; every line is a message, and a reader that loses one is out."""
    reading = processes.read(reader, files, prices=prices, seconds=seconds)
    if reading.messages != lines * reading.passes:
        raise processes.ChildFailedError(
            f"{reader} found {reading.messages:,} messages in {reading.passes} times {lines:,} lines"
        )
    return reading.rate


def _milliseconds(command: Sequence[str]) -> float:
    return processes.seconds_of(command) * 1000


def _backfill_rate(bench: Bench, folder: Path, messages: int) -> float:
    with tempfile.TemporaryDirectory(dir=bench.work) as data_dir:
        return messages / processes.seconds_of(_backfill_command(folder, data_dir))


def _backfill_command(path: Path, data_dir: str) -> list[str]:
    program = str(processes.PROGRAMS / "betflow")
    return [program, "backfill", str(path), "--workers", "2", "--data-dir", data_dir, "--json"]


MEASUREMENTS: dict[str, Callable[[Bench], Iterator[Measurement]]] = {
    measurement.__name__: measurement
    for measurement in (
        read,
        idle,
        lightweight,
        stream,
        whole,
        backfill,
        memory,
        start,
        backtest,
        backtest_all,
        orders,
        workers,
        help_text,
        candles,
        refused,
        audit,
        generate,
        connection,
        calls,
        sandbox_stream,
        feed,
    )
}
HEAVY = ("backfill", "memory", "backtest_all", "workers")
