"""
Betflow next to its peers: every conformance scenario through each tool, and one table of what came out.

`scripts/conformance` runs it in an environment of its own. A peer is used as its documentation says, with
its defaults; where a scenario asks for something that it has no words for, it is left out and not counted
against it.
"""


class CannotExpressError(Exception):
    """A tool has no words for what a scenario asks for; the message says for what."""
