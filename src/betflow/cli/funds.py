"""``betflow funds``: what can be bet."""

from typing import Any

import typer

from betflow.cli.contract import run_command


def funds(ctx: typer.Context) -> None:
    """Show what the account can bet, its exposure and its limits."""
    from betflow.jobs import funds as job

    run_command(ctx, job.funds, lambda data, screen: screen.fields(funds_fields(data)))


def funds_fields(data: dict[str, Any]) -> dict[str, object]:
    """Return funds as people read them."""
    currency = data["currency"] or ""

    def money(name: str) -> str | None:
        return None if data[name] is None else f"{data[name]:,.2f} {currency}".rstrip()

    fields = {
        "wallet": data["wallet"],
        "available to bet": money("available_to_bet_balance"),
        "exposure": money("exposure"),
        "exposure limit": "none" if data["exposure_limit"] == 0 else money("exposure_limit"),
        "retained commission": money("retained_commission"),
        "discount rate": None if data["discount_rate"] is None else f"{data['discount_rate']:g} %",
        "points": data["points_balance"],
    }
    return {name: value for name, value in fields.items() if value is not None}
