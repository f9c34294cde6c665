"""A folder is made ready for betflow, and says what is set in it."""

import stat
from importlib.resources import files
from pathlib import Path

import pytest
from platformdirs import user_config_path

from betflow.errors import ExitCode
from command_line import CommandLine

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def betflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    """Return betflow, started in an empty folder."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    return CommandLine(tmp_path / "data", capsys)


def mode(path: str) -> int:
    """Return who may do what with a file."""
    return stat.S_IMODE(Path(path).stat().st_mode)


def test_init_makes_what_is_missing(betflow: CommandLine) -> None:
    """The file for secrets and the data folder are private; the files are those that come with betflow."""
    ran = betflow.json("init")

    assert ExitCode.OK == ran.code
    assert ["made"] * 3 == [each["did"] for each in ran.data["made"]]
    assert (0o600, 0o700) == (mode(".env"), mode(str(betflow.data_dir)))
    templates = files("betflow") / "templates"
    assert (templates / "dotenv").read_bytes() == Path(".env").read_bytes()
    assert (templates / "default.yaml").read_bytes() == Path("config/default.yaml").read_bytes()
    assert "Fill in BETFAIR_APP_KEY, BETFAIR_USERNAME, BETFAIR_PASSWORD in .env." == ran.data["next"][0]


def test_init_overwrites_nothing(betflow: CommandLine) -> None:
    """What is there stays as it is, and says so; a second run changes nothing."""
    Path(".env").write_text("BETFAIR_APP_KEY=mine\nBETFAIR_USERNAME=me\nBETFAIR_PASSWORD=secret\n")
    Path(".env").chmod(0o600)
    Path("config").mkdir()
    Path("config/default.yaml").write_text("env: prod\n")
    betflow("init")

    ran = betflow("init")

    assert (ExitCode.OK, 3) == (ran.code, ran.out.count("kept "))
    assert "BETFAIR_APP_KEY=mine" in Path(".env").read_text()
    assert "env: prod\n" == Path("config/default.yaml").read_text()
    assert "Fill in BETFAIR_APP_KEY" not in ran.out
    assert "secret" not in ran.out.replace("secrets", "")


def test_what_init_makes_can_be_read(betflow: CommandLine) -> None:
    """The made files set nothing but the defaults, and no typing error is in them."""
    betflow("init")

    ran = betflow.json("config", "show")

    assert ExitCode.OK == ran.code
    assert {"default", "profile", "command line"} == {each["source"] for each in ran.data["settings"]}


@pytest.mark.parametrize(("dotenv", "did"), [("made by somebody", "kept"), (None, "made")])
def test_init_tells_who_else_could_see_the_secrets(
    betflow: CommandLine, dotenv: str | None, did: str
) -> None:
    """A .env that others may read, or that git would take, is a finding with what to do."""
    Path(".git").mkdir()
    if dotenv is not None:
        Path(".env").write_text(f"# {dotenv}\n")
        Path(".env").chmod(0o644)

    ran = betflow.json("init")

    assert did == ran.data["made"][0]["did"]
    open_to_others = ["init.dotenv-open"] if dotenv else []
    assert (ExitCode.FINDINGS, [*open_to_others, "init.dotenv-not-ignored"]) == (ran.code, ran.codes)
    Path(".gitignore").write_text("build/\n.env\n")
    assert open_to_others == betflow.json("init").codes


def test_a_link_that_leads_nowhere_is_kept(betflow: CommandLine) -> None:
    """Whoever made it means something by it: nothing is written through it."""
    Path(".env").symlink_to("elsewhere/.env")

    ran = betflow.json("init")

    assert (ExitCode.OK, "kept") == (ran.code, ran.data["made"][0]["did"])
    assert not Path(".env").exists()


def test_a_folder_that_cannot_be_written_to(betflow: CommandLine) -> None:
    """Where the profile cannot be made the message says which file and why."""
    Path("config").symlink_to("nowhere")

    ran = betflow("init")

    assert (ExitCode.CONFIGURATION, "") == (ran.code, ran.out)
    assert "config/default.yaml cannot be made: " in ran.err


def test_the_repository_has_the_templates_once() -> None:
    """What a clone shows are the files that the package installs, not copies of them."""
    templates = ROOT / "src" / "betflow" / "templates"

    assert templates / "dotenv" == (ROOT / ".env.example").resolve()
    assert templates / "default.yaml" == (ROOT / "config" / "default.yaml").resolve()


def test_config_show_tells_each_value_with_its_origin(
    betflow: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values have their types, secrets are stars, and a part of an address that is a secret is too."""
    monkeypatch.setenv("BETFAIR_PASSWORD", "planted")
    monkeypatch.setenv("BETFAIR_API_URL", "https://me:planted@localhost")
    Path(".env").write_text("BETFLOW_BETFAIR__API__RETRY_BACKOFF=250ms\n")

    ran = betflow.json("config", "show")

    shown = {each["name"]: (each["value"], each["source"], each["set_by"]) for each in ran.data["settings"]}
    assert ("********", "environment", "BETFAIR_PASSWORD") == shown["betfair.api.password"]
    assert ("https://********@localhost", "environment", "BETFAIR_API_URL") == shown["betfair.api.base_url"]
    assert (0.25, ".env", "BETFLOW_BETFAIR__API__RETRY_BACKOFF") == shown["betfair.api.retry_backoff"]
    assert (str(betflow.data_dir), "command line", "--data-dir") == shown["data_dir"]
    assert (None, "default", None) == shown["betfair.api.username"]
    assert "planted" not in ran.out + betflow("config", "show").out


def test_config_show_tells_which_files_are_read(betflow: CommandLine) -> None:
    """Profile and .env are told by their full names, also where they are not there."""
    here = Path.cwd()
    out = betflow("config", "show").out

    assert "profile  default, chosen by default\n" in out
    assert f"file     {here}/config/default.yaml (not there: defaults are in force)\n" in out
    assert f".env     {here}/.env (not there; 'betflow init' makes one)\n" in out
    betflow("init")
    assert f".env     {here}/.env\n" in betflow("config", "show").out


def test_a_misspelt_variable_is_a_finding(betflow: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that sets nothing, and looks as if, is told with the one that was meant."""
    monkeypatch.setenv("BETFAIR_APPKEY", "1")

    ran = betflow("config", "show")

    assert ExitCode.FINDINGS == ran.code
    expected = (
        "finding config.unknown-variable: BETFAIR_APPKEY: No setting has this name. Is BETFAIR_APP_KEY meant?"
    )
    assert expected in ran.err


@pytest.mark.parametrize(
    ("profile", "content", "message"),
    [
        ("nowhere", "", "profile nowhere is not there: no file config/nowhere.yaml in "),
        ("default", "betfair: {api: {apiKey: 1}}", "config/default.yaml sets betfair.api.api_key, which "),
        ("default", "betfair: [", "config/default.yaml cannot be read: line 1"),
        ("default", "betfair: {api: {password: a}}", "holds betfair.api.password itself, which is a secret"),
    ],
)
def test_a_profile_that_cannot_be_used(
    betflow: CommandLine, profile: str, content: str, message: str
) -> None:
    """An unknown profile, an unknown key, broken YAML and a secret are refused with what to do."""
    Path("config").mkdir()
    Path("config/default.yaml").write_text(content)

    ran = betflow("config", "show", "--profile", profile)

    assert (ExitCode.CONFIGURATION, "") == (ran.code, ran.out)
    assert message in ran.err


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Return the folders where settings are looked for, the strongest first."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    found = {
        "named": tmp_path / "named",
        "current": Path(),
        "user": user_config_path("betflow", appauthor=False),
    }
    for folder in found.values():
        (folder / "config").mkdir(parents=True)
    return found


@pytest.mark.parametrize(
    ("expected", "there"),
    [("named", ["named", "current", "user"]), ("current", ["current", "user"]), ("user", ["user"])],
)
@pytest.mark.parametrize("file", [".env", "config/cron.yaml"])
def test_settings_are_looked_for_in_three_folders(
    betflow: CommandLine, folders: dict[str, Path], file: str, expected: str, there: list[str]
) -> None:
    """--config-dir, the current folder, the user's own: the first that has the file is the one."""
    for folder in folders.values():
        (folder / "config" / "cron.yaml").touch()
    for name in set(folders) - set(there):
        (folders[name] / file).unlink(missing_ok=True)
    for name in there:
        content = (
            f"BETFAIR_USERNAME={name}\n" if file == ".env" else f"betfair: {{api: {{username: {name}}}}}\n"
        )
        (folders[name] / file).write_text(content)

    ran = betflow.json("config", "show", "--profile", "cron", "--config-dir", str(folders["named"]))

    values = {each["name"]: each["value"] for each in ran.data["settings"]}
    assert expected == values["betfair.api.username"]
    told = ran.data["dotenv" if file == ".env" else "profile"]
    assert {"path": str((folders[expected] / file).absolute()), "exists": True}.items() <= told.items()


def test_a_variable_names_the_folder_of_settings(
    betflow: CommandLine, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As --config-dir does, for cron."""
    monkeypatch.setenv("BETFLOW_CONFIG_DIR", str(folders["named"]))

    betflow("init")

    assert (folders["named"] / ".env").exists()


def test_a_folder_of_settings_that_is_not_there_is_refused(betflow: CommandLine) -> None:
    """The message names it and the option."""
    ran = betflow("config", "show", "--config-dir", "nowhere")

    assert ExitCode.CONFIGURATION == ran.code
    assert "there is no folder nowhere, which --config-dir" in ran.err


@pytest.mark.parametrize("profile", ["greyhounds", "uk-horse-win"])
def test_profiles_that_come_along_need_no_file(betflow: CommandLine, profile: str) -> None:
    """They work in any folder; init makes a copy to change."""
    assert ExitCode.OK == betflow("config", "show", "--profile", profile).code

    betflow("init", "--profile", profile)

    template = files("betflow") / "templates" / f"{profile}.yaml"
    assert template.read_bytes() == Path(f"config/{profile}.yaml").read_bytes()


def test_init_makes_the_profile_that_is_named(betflow: CommandLine) -> None:
    """One that nobody knows is the default's, under its name."""
    assert ExitCode.OK == betflow("init", "--profile", "mine").code

    assert ExitCode.OK == betflow("config", "show", "--profile", "mine").code
    assert not Path("config/default.yaml").exists()


@pytest.mark.parametrize("words", [("tape", "ls"), ("audit", "ls")])
def test_an_empty_answer_names_the_data_folder(betflow: CommandLine, words: tuple[str, str]) -> None:
    """And says that it was not there, where somebody named another than they meant."""
    first = betflow(*words)

    assert str(betflow.data_dir) in first.out
    assert "it was not there, and is made now" in first.out.replace("\n", " ")
    assert "made now" not in betflow(*words).out
