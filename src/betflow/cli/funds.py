"""``betflow funds``: what can be bet."""

from typing import Any

import typer

from betflow.cli.contract import run_command
from betflow.cli.figures import count, money


def funds(ctx: typer.Context) -> None:
    """Show what the account can bet, its exposure and its limits."""
    from betflow.jobs import funds as job

    run_command(ctx, job.funds, lambda data, screen: screen.fields(funds_fields(data)))


def funds_fields(data: dict[str, Any]) -> dict[str, object]:
    """Return funds as people read them."""

    def amount(name: str) -> str | None:
        return money(data[name], data["currency"] or "")

    fields = {
        "wallet": data["wallet"],
        "available to bet": amount("available_to_bet_balance"),
        "exposure": amount("exposure"),
        "exposure limit": "none" if data["exposure_limit"] == 0 else amount("exposure_limit"),
        "retained commission": amount("retained_commission"),
        "discount rate": None if data["discount_rate"] is None else f"{data['discount_rate']:g} %",
        "points": count(data["points_balance"]),
    }
    return {name: value for name, value in fields.items() if value is not None}
