"""How long to wait for what, and how often to try."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamPolicy:
    """
    The client's patience; times in seconds.

    Attributes:
        attempts: Connections in a row that bring no data, after which we give up.
        shortest_delay: Before the first new attempt.
        longest_delay: Before any attempt.
        connect_timeout: To connect, TLS included.
        answer_timeout: To wait for the greeting, the answer to the authentication, and the first data.
            Betfair itself drops a connection that is idle for 15 s before it is subscribed.
        heartbeats: Intervals without any byte after which a connection counts as dead.
        sound_after: A connection that brought data for so long was sound: the next loss is a first one again.
    """

    attempts: int = 10
    shortest_delay: float = 1.0
    longest_delay: float = 30.0
    connect_timeout: float = 10.0
    answer_timeout: float = 15.0
    heartbeats: int = 2
    sound_after: float = 30.0

    def delay(self, attempt: int, chance: float) -> float:
        """
        Return how long to wait before a new attempt, in seconds.

        The span doubles with each attempt up to the longest delay; half of it is certain and half is
        chance, so that clients that lost their connection together do not come back together.

        Args:
            attempt: Which one since the last sound connection, from 1.
            chance: From 0 (included) to 1 (excluded).
        """
        doublings = min(attempt, 32)  # more change nothing, and would not fit a float
        span = min(self.longest_delay, self.shortest_delay * 2.0**doublings)
        return max(self.shortest_delay, span * (1 + chance) / 2)
