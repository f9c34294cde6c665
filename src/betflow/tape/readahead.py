"""Work ahead of the consumer in a thread, where the work (decompression) lets other threads run."""

import queue
import threading
from collections.abc import Iterator

DEPTH = 2


class Readahead:
    """
    An iterator of chunks that a thread fills, at most *depth* ahead.

    The chunks, and an exception of the source, arrive in order. Close it, or use it up, to end the
    thread; nothing is left behind when a consumer stops in the middle.
    """

    def __init__(self, chunks: Iterator[bytes], depth: int = DEPTH) -> None:
        self._queue: queue.Queue[bytes | BaseException | None] = queue.Queue(depth)
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._fill, args=(chunks,), name="betflow-readahead", daemon=True
        )
        self._thread.start()

    def __iter__(self) -> Iterator[bytes]:
        try:
            while (item := self._queue.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            self.close()

    def close(self) -> None:
        """End the thread and wait for it."""
        self._stop.set()
        while self._thread.is_alive():
            try:  # make room, in case the thread waits for it
                self._queue.get(timeout=0.01)
            except queue.Empty:
                continue

    def _fill(self, chunks: Iterator[bytes]) -> None:
        last: BaseException | None = None
        try:
            for chunk in chunks:
                if self._stop.is_set():
                    return
                self._queue.put(chunk)
        except BaseException as error:  # noqa: BLE001 - handed to the consumer, who raises it
            last = error
        self._queue.put(last)
        if last is not None:
            self._queue.put(None)
