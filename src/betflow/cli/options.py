"""
The options that every command has, wherever on the command line they stand.

`CommandGroup` is a Typer app that adds them to itself and to each of its commands, so ``betflow --json audit
ls``, ``betflow audit --json ls`` and ``betflow audit ls --json`` mean the same.

A command that takes arguments of its own may have one of two words beside it: ``backtest explain`` beside
``backtest``. It is registered under both words.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import wraps
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from betflow.cli.help import HELP_NAMES, help_page, members
from betflow.errors import ConfigurationError, ExitCode

_PANEL = "Everywhere"


def _common(
    *,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON envelope instead.", rich_help_panel=_PANEL)
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            help="Print nothing but what went wrong; the exit code says the rest.",
            rich_help_panel=_PANEL,
        ),
    ] = False,
    utc: Annotated[
        bool,
        typer.Option("--utc", help="Show times in UTC instead of the local zone.", rich_help_panel=_PANEL),
    ] = False,
    data_dir: Annotated[
        # Not a path yet: an empty text would be the current folder.
        str | None,
        typer.Option(
            help="Where betflow keeps everything. [BETFLOW_DATA_DIR]", rich_help_panel=_PANEL, metavar="PATH"
        ),
    ] = None,
    config_dir: Annotated[
        str | None,
        typer.Option(
            help="Look there first for .env and config/. [BETFLOW_CONFIG_DIR]",
            rich_help_panel=_PANEL,
            metavar="FOLDER",
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(help="Use config/NAME.yaml. [BETFLOW_PROFILE]", rich_help_panel=_PANEL, metavar="NAME"),
    ] = None,
    log_level: Annotated[
        str | None,
        typer.Option(
            help="debug, info, warning or error. [BETFLOW_LOG_LEVEL]", rich_help_panel=_PANEL, metavar="LEVEL"
        ),
    ] = None,
) -> None:
    """Hold the declaration of the options; the values are read from the contexts."""


def _no_options() -> None:
    """Hold no options: those of a group that has none of its own."""


_PARAMETERS = tuple(inspect.signature(_common).parameters.values())
_FLAGS = frozenset({"json", "quiet", "q", "utc"})
COMMON_NAMES = frozenset(each.name for each in _PARAMETERS)
"""The names of the options that every command has."""


@dataclass(frozen=True, slots=True)
class CommonOptions:
    """What the command line says about every command; None where it says nothing."""

    json: bool = False
    quiet: bool = False
    utc: bool = False
    data_dir: Path | None = None
    config_dir: Path | None = None
    profile: str | None = None
    log_level: str | None = None

    @property
    def zone(self) -> tzinfo | None:
        """In which zone people see times; None is the local one."""
        return UTC if self.utc else None


class _Command(TyperCommand):
    """A command whose help is our page."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - Typer keeps its types to itself
        """Write the page."""
        formatter.write(help_page(self, ctx))


class _WordGroup(TyperGroup):
    """A group some of whose commands have two words; these are listed below the command of the first word."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - Typer keeps its types to itself
        """Write the page."""
        formatter.write(help_page(self, ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - as above
        """Show the page where nothing is asked for; that is a wrong command line all the same."""
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help())
            raise typer.Exit(ExitCode.USAGE)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - as above
        """Return the commands that stand in this group's own list."""
        return [name for name, _ in members(self, ctx)]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - Typer keeps its types to itself
        """Find the command that the arguments name: of two words, where both stand there."""
        name, command, rest = super().resolve_command(ctx, args)
        place = _first_argument(rest)
        longer = f"{name} {rest[place]}" if place is not None else ""
        if longer in self.commands:
            return longer, self.commands[longer], [*rest[:place], *rest[(place or 0) + 1 :]]
        return name, command, rest


def _first_argument(words: Sequence[str]) -> int | None:
    """Say where the first word stands that is neither a common option nor its value."""
    place = 0
    while place < len(words) and words[place].startswith("-"):
        name, _, value = words[place].lstrip("-").replace("-", "_").partition("=")
        if name not in COMMON_NAMES | _FLAGS:
            return None
        place += 1 if value or name in _FLAGS else 2
    return place if place < len(words) else None


class CommandGroup(typer.Typer):
    """A group of commands that all take the common options."""

    def __init__(self, *, name: str | None = None, help: str) -> None:  # noqa: A002 - Typer's word
        super().__init__(
            name=name,
            cls=_WordGroup,
            help=help,
            context_settings={"help_option_names": list(HELP_NAMES)},
            pretty_exceptions_enable=False,
            pretty_exceptions_show_locals=False,
            rich_markup_mode=None,
        )
        self.callback()(_no_options)

    def callback(self, **settings: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - Typer's
        """Register a function that holds the options of the group itself."""
        register = super().callback(**settings)

        def add(function: Callable[..., None]) -> Callable[..., None]:
            register(_with_common_options(function))
            return function

        return add

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - Typer's
        """Register a function as a command that also takes the common options."""
        register = super().command(name, cls=_Command, **settings)

        def add(function: Callable[..., None]) -> Callable[..., None]:
            register(_with_common_options(function))
            return function

        return add


def common_options(ctx: typer.Context) -> CommonOptions:
    """
    Read the common options; the one nearest to the end of the command line wins.

    Raises:
        ConfigurationError: the data folder is empty text.
    """
    found: dict[str, Any] = {}
    for context in _lineage(ctx):
        for name in COMMON_NAMES:
            value = context.params.get(name)
            if value not in (None, False):
                found.setdefault(name, value)
    return CommonOptions(
        json=bool(found.get("json")),
        quiet=bool(found.get("quiet")),
        utc=bool(found.get("utc")),
        data_dir=None if "data_dir" not in found else _folder(found["data_dir"], "--data-dir"),
        config_dir=None if "config_dir" not in found else _folder(found["config_dir"], "--config-dir"),
        profile=found.get("profile"),
        log_level=found.get("log_level"),
    )


def _folder(text: str, option: str) -> Path:
    if not text.strip():
        raise ConfigurationError(
            f"{option} is empty: is the shell variable in it set?",
            advice="Name a folder, or '.' for the current one.",
        )
    return Path(text)


def own_arguments(ctx: typer.Context) -> dict[str, Any]:
    """
    Return what was asked of this command alone, by name, without the common options.

    Numbers that JSON does not have, ``inf`` and ``nan``, are text: they are for the record.
    """
    return {name: _written(value) for name, value in ctx.params.items() if name not in COMMON_NAMES}


def _written(value: object) -> object:
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def _with_common_options(function: Callable[..., None]) -> Callable[..., None]:
    @wraps(function)
    def command(**values: Any) -> None:  # noqa: ANN401 - whatever the command declares
        function(**{name: value for name, value in values.items() if name not in COMMON_NAMES})

    own = inspect.signature(function, eval_str=True)
    parameters = [*own.parameters.values(), *_PARAMETERS]
    parameters.sort(key=lambda each: each.kind)
    command.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]  # inspect reads it
    return command


def _lineage(ctx: typer.Context) -> Iterator[Any]:
    context: Any = ctx
    while context is not None:
        yield context
        context = context.parent
