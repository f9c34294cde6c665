"""Every setting comes from the strongest place that names it."""

from pathlib import Path

import pytest

from betflow.errors import ConfigurationError
from betflow.settings import Environment, LogLevel, load_settings, platform_data_dir


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write_profile(name: str, content: str) -> None:
    """Write a profile into the folder where betflow starts."""
    Path("config").mkdir(exist_ok=True)
    Path(f"config/{name}.yaml").write_text(content)


def test_defaults() -> None:
    """Without any source a setting has its default."""
    settings = load_settings()

    assert (platform_data_dir(), Environment.DEV, LogLevel.WARNING) == (
        settings.data_dir,
        settings.env,
        settings.log_level,
    )


def test_stronger_sources_win(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each source beats the ones below it: profile, .env, environment, command line."""
    write_profile("default", "log_level: error\ndata_dir: /profile\nenv: prod\n")
    assert Path("/profile") == load_settings().data_dir

    Path(".env").write_text("BETFLOW_DATA_DIR=/dotenv\n")
    assert Path("/dotenv") == load_settings().data_dir

    monkeypatch.setenv("BETFLOW_DATA_DIR", "/environment")
    assert Path("/environment") == load_settings().data_dir

    settings = load_settings(overrides={"data_dir": Path("/option")})
    assert (Path("/option"), Environment.PROD, LogLevel.ERROR) == (
        settings.data_dir,
        settings.env,
        settings.log_level,
    )


def test_empty_variable_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set to nothing says nothing, and neither does a line of .env as in the template."""
    monkeypatch.setenv("BETFLOW_LOG_LEVEL", "")
    Path(".env").write_text("BETFLOW_DATA_DIR=\n")

    settings = load_settings()

    assert (platform_data_dir(), LogLevel.WARNING) == (settings.data_dir, settings.log_level)


@pytest.mark.parametrize("nothing", ["", " "])
def test_data_folder_of_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, nothing: str) -> None:
    """An empty data folder is a mistake of the shell's: nothing is written anywhere else instead."""
    with pytest.raises(ConfigurationError, match=r"data_dir.* is empty; name a folder"):
        load_settings(overrides={"data_dir": nothing})
    monkeypatch.setenv("BETFLOW_DATA_DIR", nothing)
    with pytest.raises(ConfigurationError, match=r"BETFLOW_DATA_DIR is set to nothing.* unset it"):
        load_settings()
    assert Path("a").absolute() == load_settings(overrides={"data_dir": "a"}).data_dir


def test_data_folder_of_a_profile_is_not_empty() -> None:
    """A profile that names no folder is refused like an option."""
    write_profile("default", "data_dir: ''\n")

    with pytest.raises(ConfigurationError, match=r"data_dir.* is empty"):
        load_settings()


def test_data_folder_is_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative folder is meant from where betflow starts, and ~ is the user's."""
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("USERPROFILE", "/home/me")

    assert Path("data").absolute() == load_settings(overrides={"data_dir": "data"}).data_dir
    assert Path("/home/me/data") == load_settings(overrides={"data_dir": "~/data"}).data_dir


def test_profile_is_chosen_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The option names the profile, else the variable, in the environment or in .env."""
    for name in ("option", "variable", "dotenv"):
        write_profile(name, f"data_dir: /{name}\n")

    Path(".env").write_text("BETFLOW_PROFILE=dotenv\n")
    assert Path("/dotenv") == load_settings().data_dir

    monkeypatch.setenv("BETFLOW_PROFILE", "variable")
    assert Path("/variable") == load_settings().data_dir
    assert Path("/option") == load_settings(profile="option").data_dir


def test_variables_in_a_profile_are_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    """${VAR} is taken from the environment or from .env."""
    write_profile("default", "data_dir: ${DISK}/${NAME}\n")
    Path(".env").write_text("NAME=betflow\n")
    monkeypatch.setenv("DISK", "/disk")

    assert Path("/disk/betflow") == load_settings().data_dir


def test_credentials_in_dotenv_are_no_error() -> None:
    """What other programs and later parts keep in .env is left alone."""
    Path(".env").write_text("BETFAIR_APP_KEY=1\nBETFAIR_PASSWORD=2\nBETFLOW_ENV=prod\n")

    assert Environment.PROD == load_settings().env


@pytest.mark.parametrize(
    ("message", "content"),
    [
        (r"default\.yaml sets colour, which betflow does not have.*data_dir, env", "colour: red\n"),
        (r"default\.yaml needs \$\{BETFLOW_NOWHERE\}", "data_dir: ${BETFLOW_NOWHERE}\n"),
        (r"default\.yaml cannot be read", "data_dir: [\n"),
        (r"default\.yaml is not a list of settings", "- data_dir\n"),
        (r"setting env: Input should be 'dev' or 'prod'", "env: live\n"),
    ],
)
def test_wrong_profile_is_refused(message: str, content: str) -> None:
    """A profile that says what betflow cannot do is refused, naming the key and what would do."""
    write_profile("default", content)

    with pytest.raises(ConfigurationError, match=message):
        load_settings()


def test_missing_profile_is_refused() -> None:
    """A profile that somebody names must be there; the message lists those that are."""
    write_profile("sandbox", "")

    with pytest.raises(ConfigurationError, match=r"profile live is not there.*Profiles here: sandbox"):
        load_settings(profile="live")


def test_profile_name_is_no_path() -> None:
    """A profile is named, not addressed."""
    with pytest.raises(ConfigurationError, match="is not a name"):
        load_settings(profile="../secrets")


def test_value_that_is_refused_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused value may be a secret in the wrong place: the error names only the setting."""
    monkeypatch.setenv("BETFLOW_ENV", "s3cret")

    with pytest.raises(ConfigurationError) as caught:
        load_settings()

    assert "s3cret" not in f"{caught.value!r} {caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize("name", [".env", "config/default.yaml"])
def test_file_that_is_not_utf8_is_named(name: str) -> None:
    """A file in another encoding is a configuration error that names the file."""
    Path("config").mkdir()
    Path(name).write_bytes(b"log_level: caf\xe9\n")

    with pytest.raises(ConfigurationError, match=rf"{name} cannot be read: .*utf-8|{name} .* not UTF-8"):
        load_settings()
