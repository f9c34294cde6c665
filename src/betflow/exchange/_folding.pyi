from collections.abc import Sequence

from betflow.exchange.book import MarketBook
from betflow.wire.stream import RunnerChange

def fold_runner_changes(book: MarketBook, changes: Sequence[RunnerChange], /) -> None: ...
