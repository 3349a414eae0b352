"""The `praxis` command: every command does what it says, and every error is a sentence."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from knowledge import cli
from knowledge.app import join
from knowledge.content.site import registry as declared
from knowledge.services import signing
from knowledge.services.site import Site
from knowledge.settings import BadSetting, Settings, described
from knowledge.storage import find
from tests.conftest import KEY, PASSWORD, complete_experience

Praxis = Callable[..., Result]


@pytest.fixture
def praxis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Praxis:
    """Runs a command on a site of its own."""
    for name in [n for n in os.environ if n.startswith("PRAXIS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PRAXIS_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("PRAXIS_LOG_LEVEL", "ERROR")

    def run(*arguments: object, **environment: str) -> Result:
        return CliRunner(env=environment).invoke(cli.main, [str(a) for a in arguments])

    return run


def site(tmp_path: Path) -> Site:
    return join(Settings(data_dir=str(tmp_path / "var"), log_level="ERROR"), declared())


def good(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output


def sentence(result: Result, *words: str) -> None:
    """It failed with a sentence, not with a traceback."""
    assert result.exit_code == 1, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert "Traceback" not in result.output
    for word in words:
        assert word in result.output


def add(praxis: Praxis, name: str, *more: str) -> str:
    return good(praxis("user", "add", f"{name}@example.org", "--name", name.title(), "--password", PASSWORD, *more))


def lines(tmp_path: Path, *rows: dict[str, Any]) -> Path:
    file = tmp_path / "lines.jsonl"
    file.write_text("".join(json.dumps({"kind": "experience", **complete_experience(), **r}) + "\n" for r in rows))
    return file


def all_commands(group: click.Group = cli.main, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [path]
    for name, command in group.commands.items():
        found += all_commands(command, (*path, name)) if isinstance(command, click.Group) else [(*path, name)]
    return found


@pytest.mark.parametrize("command", all_commands(), ids=" ".join)
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    for option in ("--help", "-h"):
        result = CliRunner().invoke(cli.main, [*command, option])
        assert result.exit_code == 0
        assert result.output.startswith("Usage:")
        assert result.output.split("\n\n")[1].strip().endswith(".")


def test_the_commands_of_the_readme_exist() -> None:
    assert {"run", "init", "import", "export", "reindex", "user", "demo", "doctor"} <= set(cli.main.commands)


def test_init_makes_a_site_and_may_be_repeated(praxis: Praxis, tmp_path: Path) -> None:
    assert "Ready" in good(praxis("init"))
    assert (tmp_path / "var" / "praxis.db").is_file()
    assert "Ready" in good(praxis("init"))


def test_a_file_goes_in_and_comes_out_and_goes_in_again(praxis: Praxis, tmp_path: Path) -> None:
    add(praxis, "boss", "--manager")
    file, out, again = (
        lines(tmp_path, {"id": "one", "state": "published"}, {"id": "two"}),
        tmp_path / "o1",
        tmp_path / "o2",
    )
    assert "2 imported, 0 known already, 0 refused" in good(praxis("import", "--publish", file))
    assert "2 records written" in good(praxis("export", out))
    assert "0 imported, 2 known already, 0 refused" in good(praxis("import", "--publish", out))
    good(praxis("export", again))
    assert out.read_bytes() == again.read_bytes()
    assert [json.loads(t)["state"] for t in out.read_text().splitlines()] == ["published", "draft"]


def test_a_bad_line_is_named_and_the_others_are_imported(praxis: Praxis, tmp_path: Path) -> None:
    add(praxis, "boss", "--manager")
    result = praxis("import", lines(tmp_path, {"id": "one"}, {"id": "BAD"}, {"id": "three"}))
    sentence(result, "2 imported, 0 known already, 1 refused", "line 2, id:")


def test_an_import_needs_somebody_who_imports(praxis: Praxis, tmp_path: Path) -> None:
    file = lines(tmp_path, {"id": "one"})
    sentence(praxis("import", file), "praxis user add")
    add(praxis, "boss", "--manager")
    add(praxis, "ann")
    sentence(praxis("import", "--publish", "--as", "ann@example.org", file), "Only a manager")
    sentence(praxis("import", "--as", "nobody@example.org", file), "There is no account")
    good(praxis("import", "--as", "ann@example.org", file))


def test_reindex_says_how_many(praxis: Praxis, tmp_path: Path) -> None:
    add(praxis, "boss", "--manager")
    good(praxis("import", lines(tmp_path, {"id": "one"}, {"id": "two"})))
    assert "2 documents indexed" in good(praxis("reindex"))


def test_accounts_are_looked_after(praxis: Praxis, tmp_path: Path) -> None:
    assert "as a manager" in add(praxis, "boss", "--manager")
    add(praxis, "ann")
    sentence(praxis("user", "add", "ann@example.org", "--name", "A", "--password", PASSWORD), "already")
    sentence(praxis("user", "add", "new@example.org", "--name", "A", "--password", "short"), "at least 10")
    sentence(praxis("user", "role", "ann@example.org", "coach"), "--programme")
    sentence(praxis("user", "role", "ann@example.org", "coach", "--programme", "none"), "There is no none")
    sentence(praxis("user", "role", "nobody@example.org", "manager"), "There is no account")
    sentence(praxis("user", "role", "boss@example.org", "practitioner"), "last manager")
    sentence(praxis("user", "deactivate", "boss@example.org"), "last manager")
    good(praxis("user", "role", "ann@example.org", "manager"))
    good(praxis("user", "role", "boss@example.org", "practitioner"))
    good(praxis("user", "password", "ann@example.org", "--password", "quite another one"))
    good(praxis("user", "no-code", "ann@example.org"))
    good(praxis("user", "deactivate", "boss@example.org"))
    opened = site(tmp_path)
    assert opened.act(signing.sign_in, KEY, "ann@example.org", "quite another one")
    assert opened.act(signing.sign_in, KEY, "boss@example.org", PASSWORD) is None
    opened.engine.close()
    opened.db.close()


def test_the_demo_can_be_loaded_twice_and_shows_only_passwords_that_work(praxis: Praxis, tmp_path: Path) -> None:
    shown, one, two = good(praxis("demo")), tmp_path / "one", tmp_path / "two"
    assert "manager@example.org" in shown
    good(praxis("export", one))
    assert good(praxis("demo")).splitlines()[-4:] == shown.splitlines()[-4:]
    good(praxis("export", two))
    assert one.read_bytes() == two.read_bytes()
    assert one.read_text().count("\n") > 50
    good(praxis("user", "password", "manager@example.org", "--password", "changed by the owner"))
    assert "manager@example.org" not in good(praxis("demo"))


def test_the_demo_stays_out_of_a_site_that_has_people(praxis: Praxis, tmp_path: Path) -> None:
    good(praxis("user", "add", "boss@ministry.test", "--name", "B", "--password", PASSWORD, "--manager"))
    good(praxis("demo"))
    opened = site(tmp_path)
    with opened.db.reading() as session:
        assert find.record_count(session) == 0
    opened.engine.close()
    opened.db.close()


# ---------------------------------------------------------------------------- files


@pytest.mark.case("F7")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_F7_files_and_database_are_held_against_each_other(praxis: Praxis, tmp_path: Path) -> None:
    good(praxis("init"))
    assert "Files and database agree." in good(praxis("files", "--check"))
    (tmp_path / "var" / "files" / "nobody").mkdir(parents=True)
    (tmp_path / "var" / "files" / "nobody" / "whole").write_bytes(b"x")
    output = good(praxis("files", "--check"))
    assert "belongs to nothing: nobody/whole" in output and "0 lost, 1 stray." in output


# ---------------------------------------------------------------------------- doctor


def healthy(praxis: Praxis, tmp_path: Path) -> None:
    add(praxis, "boss", "--manager")
    good(praxis("import", "--publish", lines(tmp_path, {"id": "one", "state": "published"})))


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_doctor_finds_a_healthy_site_healthy_and_lists_every_setting(praxis: Praxis, tmp_path: Path) -> None:
    healthy(praxis, tmp_path)
    output = good(praxis("doctor"))
    assert output.count("✓") == 5 and "✗" not in output
    for name, _, _ in described():
        assert name in output


def no_manager(folder: Path) -> None:
    with sqlite3.connect(folder / "praxis.db") as db:
        db.execute("UPDATE person SET manager = 0")


def no_index(folder: Path) -> None:
    (folder / "index" / "CURRENT").unlink()


def behind(folder: Path) -> None:
    with sqlite3.connect(folder / "praxis.db") as db:
        db.execute("UPDATE record SET live_id = NULL, state = 'draft'")


def newer(folder: Path) -> None:
    with sqlite3.connect(folder / "praxis.db") as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")


def older(folder: Path) -> None:
    with sqlite3.connect(folder / "praxis.db") as db:
        db.execute("DELETE FROM alembic_version")


def no_database(folder: Path) -> None:
    for file in folder.glob("praxis.db*"):
        file.write_bytes(b"this is not a database, whatever its name says" * 100)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (no_manager, "praxis user add"),
        (no_index, "Run: praxis reindex"),
        (behind, "Run: praxis reindex"),
        (newer, "Install the version that made it"),
        (older, "Run: praxis init"),
        (no_database, "Check PRAXIS_DATABASE_URL"),
    ],
)
def test_the_doctor_names_each_fault_and_what_to_do(
    praxis: Praxis, tmp_path: Path, fault: Callable[[Path], None], advice: str
) -> None:
    healthy(praxis, tmp_path)
    fault(tmp_path / "var")
    result = praxis("doctor")
    sentence(result, "✗", advice)


@pytest.mark.parametrize("fault", [newer, no_database])
def test_a_database_that_cannot_be_used_is_said_in_a_sentence_by_every_command(
    praxis: Praxis, tmp_path: Path, fault: Callable[[Path], None]
) -> None:
    healthy(praxis, tmp_path)
    fault(tmp_path / "var")
    for command in (["init"], ["reindex"], ["export", tmp_path / "out"]):
        sentence(praxis(*command))
    assert not (tmp_path / "out").exists()


def test_f5_a_locked_database_is_said_in_a_sentence(praxis: Praxis, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    other = sqlite3.connect(tmp_path / "var" / "praxis.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    sentence(praxis("init", PRAXIS_DATABASE_TIMEOUT="0.2"))
    other.execute("ROLLBACK")
    other.close()
    good(praxis("init", PRAXIS_DATABASE_TIMEOUT="0.2"))


# ---------------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PRAXIS_PORT", "abc"),
        ("PRAXIS_PORT", "70000"),
        ("PRAXIS_PORT", "-1"),
        ("PRAXIS_THREADS", "0"),
        ("PRAXIS_PROXIES", "-1"),
        ("PRAXIS_DATABASE_TIMEOUT", "soon"),
        ("PRAXIS_DATABASE_TIMEOUT", "nan"),
        ("PRAXIS_SWEEP_SECONDS", "-2"),
        ("PRAXIS_LOG_LEVEL", "LOUD"),
        ("PRAXIS_NONSENSE", "1"),
        ("PRAXIS_DATABASE_URL", "praxis.db"),
        ("PRAXIS_SEARCH_URL", "elastic:9200"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_in_a_sentence(praxis: Praxis, name: str, value: str) -> None:
    sentence(praxis("init", **{name: value}), name)


@pytest.mark.parametrize("key", ["changeme", "x" * 64, "short", "secret" * 3])
def test_s10_a_weak_key_is_refused(key: str) -> None:
    with pytest.raises(BadSetting, match="PRAXIS_SECRET_KEY is too weak"):
        Settings(secret_key=key).key()
    assert Settings(secret_key="kJ8-long and random enough for anybody").key()


def test_s10_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    made = Settings(data_dir=str(tmp_path)).key()
    assert len(made) >= 32
    assert Settings(data_dir=str(tmp_path)).key() == made
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["secret_key"]
    (tmp_path / "secret_key").write_text("")
    with pytest.raises(BadSetting, match="Delete it"):
        Settings(data_dir=str(tmp_path)).key()


def test_s10_two_first_starts_at_once_agree_on_one_key(tmp_path: Path) -> None:
    script = "import sys; from knowledge.settings import Settings; sys.stdin.read(); print(Settings(data_dir=sys.argv[1]).key())"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in started:
        process.stdin.close()  # type: ignore[union-attr]
        process.stdin = None
    keys = {process.communicate(timeout=20)[0].strip() for process in started}
    assert len(keys) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["secret_key"]


def test_the_settings_of_the_tests_are_the_only_other_names(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.from_environment({"PRAXIS_PORT": "8080", "PRAXIS_HOST": "", "HOME": "/"}).port == 8080
    with pytest.raises(BadSetting, match="PRAXIS_SECRETKEY is not a setting"):
        Settings.from_environment({"PRAXIS_SECRETKEY": "x"})


def test_the_command_runs_as_a_program(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PRAXIS_")} | {
        "PRAXIS_DATA_DIR": str(tmp_path)
    }
    root = Path(__file__).resolve().parents[2]
    call = [sys.executable, "-c", "from knowledge.cli import main; main()"]
    done = subprocess.run([*call, "init"], cwd=root, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Ready:" in done.stdout
    failed = subprocess.run(
        [*call, "init"], cwd=root, env={**environment, "PRAXIS_PORT": "abc"}, capture_output=True, text=True, timeout=60
    )
    assert failed.returncode == 1
    assert failed.stderr.strip() == "Error: PRAXIS_PORT must be a number, not 'abc'."
