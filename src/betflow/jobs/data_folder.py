"""Which data folder an answer is from."""

from itertools import islice
from typing import Any

from betflow.jobs.runs import RunContext
from betflow.ledger.runs import RunTable


def data_folder(context: RunContext) -> dict[str, Any]:
    """
    Return where the data folder is, whether this run made it, and what names it.

    Returns:
        ``path``; ``made_now``: this run is the first that it has; ``named_by``: the option or variable, None
        for the platform's folder.
    """
    # The folder is older than this line, since the run is in its journal already.
    runs = len(list(islice(RunTable(context.ledger).newest_first(), 2)))
    origin = context.settings.origin(("data_dir",))
    return {"path": str(context.data_dir), "made_now": runs == 1, "named_by": origin.name or None}
