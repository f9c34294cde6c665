"""Every setting knows where its value came from."""

from pathlib import Path

import pytest

from betflow.errors import ConfigurationError
from betflow.jobs.plain import is_secret_name
from betflow.settings import (
    PROFILE,
    Origin,
    Settings,
    Source,
    load_settings,
    misspelt_variables,
    settings_places,
)
from betflow.settings.folders import ConfigFolders, profile_path

RATE = ("betfair", "api", "rate_limit")
KEY = ("betfair", "api", "app_key")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write_profile(content: str, name: str = "default") -> None:
    """Write a profile."""
    Path("config").mkdir(exist_ok=True)
    profile_path(name).write_text(content)


def test_the_strongest_place_that_sets_a_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Default, profile, .env, environment and command line, each with the name that sets it."""
    place = ("data_dir",)
    assert Origin(Source.DEFAULT) == load_settings().origin(place)

    write_profile("data_dir: profile\n")
    assert Origin(Source.PROFILE, "config/default.yaml") == load_settings().origin(place)

    Path(".env").write_text("BETFLOW_DATA_DIR=dotenv\n")
    assert Origin(Source.DOTENV, "BETFLOW_DATA_DIR") == load_settings().origin(place)

    monkeypatch.setenv("BETFLOW_DATA_DIR", "environment")
    assert Origin(Source.ENVIRONMENT, "BETFLOW_DATA_DIR") == load_settings().origin(place)

    settings = load_settings(overrides={"data_dir": "option"})
    assert Origin(Source.COMMAND_LINE, "--data-dir") == settings.origin(place)


@pytest.mark.parametrize(
    "variables",
    [
        {"BETFLOW_BETFAIR__API__RATE_LIMIT": "7"},
        {"betflow_betfair__api__rate_limit": "7"},
        {"BETFLOW_BETFAIR": '{"api": {"rate_limit": 7}}'},
    ],
)
def test_the_variable_is_named_as_it_was_written(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    """A variable may be in small letters, or set a whole section."""
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)

    settings = load_settings()

    assert 7 == settings.betfair.api.rate_limit
    assert Origin(Source.ENVIRONMENT, next(iter(variables))) == settings.origin(RATE)
    assert Origin(Source.DEFAULT) == settings.origin(KEY)


def test_of_two_names_the_stronger_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that other programs have are told like ours; one that is empty sets nothing."""
    monkeypatch.setenv("Executor__Betfair__AppKey", "1")
    monkeypatch.setenv("BETFAIR_APP_KEY", "")
    assert Origin(Source.ENVIRONMENT, "Executor__Betfair__AppKey") == load_settings().origin(KEY)

    monkeypatch.setenv("BETFAIR_APP_KEY", "2")
    assert Origin(Source.ENVIRONMENT, "BETFAIR_APP_KEY") == load_settings().origin(KEY)

    monkeypatch.setenv("BETFLOW_BETFAIR__API__APP_KEY", "3")
    assert Origin(Source.ENVIRONMENT, "BETFLOW_BETFAIR__API__APP_KEY") == load_settings().origin(KEY)


def test_what_chose_the_profile_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Default, .env, environment and command line; a variable that is empty does not hide that of .env."""
    write_profile("{}", "racing")
    assert Origin(Source.DEFAULT) == load_settings().origin(PROFILE)

    Path(".env").write_text("BETFLOW_PROFILE=racing\n")
    monkeypatch.setenv("BETFLOW_PROFILE", "")
    assert "racing" == load_settings().profile
    assert Origin(Source.DOTENV, "BETFLOW_PROFILE") == load_settings().origin(PROFILE)

    monkeypatch.setenv("BETFLOW_PROFILE", "racing")
    assert Origin(Source.ENVIRONMENT, "BETFLOW_PROFILE") == load_settings().origin(PROFILE)
    assert Origin(Source.COMMAND_LINE, "--profile") == load_settings(profile="racing").origin(PROFILE)


def test_what_a_profile_takes_from_a_variable_is_the_profiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable in a profile is one that the profile names; the profile sets the value."""
    monkeypatch.setenv("RATE", "9")
    write_profile("betfair: {api: {rateLimit: '${RATE}'}}", "racing")

    settings = load_settings(profile="racing")

    assert (9, "racing") == (settings.betfair.api.rate_limit, settings.profile)
    assert Origin(Source.PROFILE, "config/racing.yaml") == settings.origin(RATE)


def test_a_section_that_is_no_json_is_refused_without_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable for a whole section may hold secrets: nothing of it is told."""
    monkeypatch.setenv("BETFLOW_BETFAIR", "{s3cret")

    with pytest.raises(ConfigurationError, match="betfair") as refused:
        load_settings()
    assert "s3cret" not in str(refused.value)
    assert (None, None) == (refused.value.__cause__, refused.value.__context__)


def test_typing_errors_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that looks like ours and is none is named with the one that was meant; others are not."""
    monkeypatch.setenv("BETFAIR_APPKEY", "1")
    monkeypatch.setenv("BETFAIR_USER_NAME", "")
    monkeypatch.setenv("BETFAIR_VENDOR", "somebody's own")
    monkeypatch.setenv("BETFLOW_PROFILE", "default")
    Path(".env").write_text("BETFLOW_DATADIR=a\n")

    expected = {"BETFLOW_DATADIR": "BETFLOW_DATA_DIR", "BETFAIR_APPKEY": "BETFAIR_APP_KEY"}
    assert expected == misspelt_variables(ConfigFolders())


def test_whatever_is_called_like_a_secret_is_one() -> None:
    """A setting with the name of a secret has a type that masks it; files that hold some have not."""
    named = {place for place in settings_places() if is_secret_name(place[-1])}
    typed = {place for place in named if "SecretStr" in str(_annotation(place))}

    assert {("secrets_file",), ("betfair", "certificate", "key")} == named - typed


def _annotation(place: tuple[str, ...]) -> object:
    model: object = Settings
    for name in place:
        model = model.model_fields[name].annotation  # type: ignore[attr-defined]  # sections all the way down
    return model
