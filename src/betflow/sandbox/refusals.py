"""How a service of the sandbox refuses a call: the edge turns it into the answer that Betfair would give."""

from betflow.errors import BetflowError
from betflow.wire.enums import ServiceErrorCode


class ServiceRefusal(BetflowError):  # noqa: N818 - an answer of the service, and no error of ours
    """
    A call that a service refuses, with nothing done.

    Args:
        code: Why, in Betfair's words.
        details: The same for people; Betfair mostly leaves it empty.
    """

    def __init__(self, code: ServiceErrorCode, details: str = "") -> None:
        super().__init__(f"{code}: {details}" if details else str(code))
        self.code = code
        self.details = details
