"""Holds the front door to its promises: targets, scripts, pins and the commands that README names.

What the scripts do when run is shown by `make test` and `make run` themselves.
"""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOT_OURS = {"var", "staticfiles", "build", "__pycache__"}
PINNED = ["base", "test", "redis"]


def our_text_files() -> list[Path]:
    """Every text file of the checkout that a person or a tool of ours wrote."""
    files: list[Path] = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS and name.strip(".") in (name, "ci")]
        files += [Path(folder, name) for name in names if not name.endswith((".pyc", ".mo"))]
    return [path for path in files if path.name != ".git" and b"\0" not in path.read_bytes()[:8192]]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def requirements(name: str) -> list[str]:
    """The logical lines of a compiled file: one package with its digests each."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def test_the_makefile_has_every_promised_target() -> None:
    assert make_targets() >= {"setup", "run", "test", "bench", "messages", "strings", "pins"}


def test_every_script_a_target_names_exists_and_may_be_run() -> None:
    recipes = (ROOT / "Makefile").read_text() + (ROOT / "scripts" / "setup.sh").read_text()
    named = set(re.findall(r"scripts/\w+\.\w+", recipes))

    missing = {name for name in named if not (ROOT / name).is_file()}
    closed = {name for name in named if name.endswith(".sh") and not os.access(ROOT / name, os.X_OK)}

    assert named
    assert missing == set()
    assert closed == set()


@pytest.mark.parametrize("script", sorted((ROOT / "scripts").glob("*.sh")), ids=lambda path: path.name)
def test_every_shell_script_can_be_read_by_bash_and_stops_on_unset_names(script: Path) -> None:
    subprocess.run(["bash", "-n", str(script)], check=True)

    assert re.search(r"^set -e?uo? ?pipefail$", script.read_text(), re.MULTILINE)


def test_continuous_integration_runs_what_a_person_runs() -> None:
    entry = ROOT / ".ci" / "run"

    assert os.access(entry, os.X_OK)
    assert entry.read_text().rstrip().endswith("make test")


@pytest.mark.parametrize("name", PINNED)
def test_every_requirement_is_one_version_with_digests(name: str) -> None:
    pinned = re.compile(r"[A-Za-z0-9._-]+(\[[a-z,_-]+\])?==\S+( ; .+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")

    loose = [line for line in requirements(name) if not pinned.fullmatch(line)]

    assert len(requirements(name)) > 20
    assert loose == []


@pytest.mark.parametrize("name", [path.name for path in sorted((ROOT / "requirements").iterdir())])
def test_requirements_hold_no_address(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text()

    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


@pytest.mark.parametrize("name", PINNED)
def test_every_package_asked_for_is_pinned(name: str) -> None:
    def plain(package: str) -> str:
        return re.sub(r"[-_.]+", "-", re.split(r"[\[=<> ]", package)[0]).lower()

    lines = (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
    asked = {plain(line) for line in lines if line and not line.startswith(("#", "-r"))}

    assert asked - {plain(line) for line in requirements(name)} == set()


@pytest.mark.parametrize("name", ["test", "redis"])
def test_the_larger_pins_agree_with_those_the_product_runs_on(name: str) -> None:
    def version_by_package(lines: list[str]) -> dict[str, str]:
        return {line.split("==")[0].split("[")[0]: line.split("==")[1].split()[0] for line in lines}

    base, larger = version_by_package(requirements("base")), version_by_package(requirements(name))

    assert {package: larger.get(package) for package in base} == base


def test_no_file_names_the_machine_it_was_written_on_or_a_package_host() -> None:
    # Put together here, so that this file does not name them either.
    forbidden = re.compile(
        "|".join(
            [
                r"(?<![\w.-])/" + r"work/",
                r"(?<![\w.-])/" + r"tmp/venv",
                r"(?<![\w.-])/" + r"root/",
                r"pypi\." + r"org",
                r"python" + r"hosted",
            ]
        )
    )

    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in our_text_files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if forbidden.search(line)
    ]

    assert found == []


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "docs/operations.md"])
def test_every_make_command_a_reader_is_told_exists(name: str) -> None:
    text = (ROOT / name).read_text()

    code = "\n".join(re.findall(r"```.*?```|`[^`]+`", text, re.DOTALL))
    told = set(re.findall(r"^`?make ([a-z]+)", code, re.MULTILINE))

    assert "run" in told or name.startswith("docs/")
    assert told - make_targets() == set()


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "docs/operations.md", "docs/security.md"])
def test_every_file_a_reader_is_sent_to_exists(name: str) -> None:
    page = ROOT / name

    links = re.findall(r"(?<!!)\[[^]]*\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text())
    gone = [link for link in links if "://" not in link and not (page.parent / link).exists()]

    assert gone == []


def run_the_server(tmp_path: Path, port: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PORT": port, "SECRET_KEY": "unused"}
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "serve.py")],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("port", ["abc", "0", "65536", "８０００", "-1", "80.5"])
def test_a_port_that_is_no_number_is_refused_in_one_line(tmp_path: Path, port: str) -> None:
    ended = run_the_server(tmp_path, port)

    assert ended.returncode == 1
    assert ended.stderr == f"PORT must be a number from 1 to 65535, not “{port}”.\n"


def test_a_taken_port_is_named_in_one_line_before_anything_else_happens(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        ended = run_the_server(tmp_path, str(port))

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith(f"Port {port} is taken by another program")
    assert ended.stderr.count("\n") == 1
