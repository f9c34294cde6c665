"""How an answer that is empty names the data folder: the wrong one is the usual reason."""

from typing import Any


def told(folder: dict[str, Any]) -> str:
    """Return the path, and whether it was made just now although somebody named it."""
    if not folder["made_now"]:
        return str(folder["path"])
    named_by = f", which {folder['named_by']} names," if folder["named_by"] else ""
    return f"{folder['path']}{named_by} (it was not there, and is made now)"
