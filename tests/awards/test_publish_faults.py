"""A publish that is really killed, two at once, a full disk, no Pango: published or not, never half.

The killed ones run in processes of their own on a database file; papers are kept as HTML there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from awards import queries
from awards.actions import publication
from awards.models import Edition, EditionFile
from office import pdf
from office.models import StoredFile
from office.refusal import Refused
from tests.awards.years import approved
from tests.cast import Cast
from tests.pages.reading import YEAR, signed_in, words_of
from units.stages import Stage

ROOT = Path(__file__).resolve().parents[2]
PRELUDE = """
import json, os, signal, sys
import django
django.setup()
from django.core.management import call_command
from office import audit, files, pdf
pdf.render = lambda html, identifier="": b"%PDF-1.7\\n" + html.encode()
from awards import edition, queries, reports
from awards.actions import publication
from awards.models import Edition, EditionFile
from units.models import Cycle
def die(*args, **more):
    os.kill(os.getpid(), signal.SIGKILL)
def second(cycle):
    from office.models import User
    from units.hats import hat_for
    from units.matrix import Role
    return hat_for(User.objects.get(username="office2"), Role.OFFICE, cycle)
def asked():
    return Edition.objects.select_related("cycle__host", "supersedes").get()
"""
BEGIN = """
call_command("migrate", verbosity=0)
from tests.cast import build
from tests.awards.years import approved
cast = build()
approved(cast)
one = publication.ask_publication(by=cast.hat("office1"), cycle=cast.cycle)
one = publication.confirm_publication(by=cast.hat("office2"), edition_id=one.pk, start_job=False)
print(edition.digest_of(edition.canonical(publication.edition_content(one))))
"""
SEAL = """
one = asked()
print(publication.seal(one, second(one.cycle)).digest)
"""
TOLD = """
cycle = Cycle.objects.get()
newest = queries.newest(cycle)
print(json.dumps([cycle.stage, EditionFile.objects.count(), newest.digest if newest else "", audit.verify() is None]))
"""
KILLS = {
    "while a paper is set": "pdf.render = die",
    "while the third file is stored": """
kept, calls = files.store, []
def store(*args, **more):
    calls.append(1)
    return die() if len(calls) == 3 else kept(*args, **more)
files.store = store
""",
    "at the last entry of the log": "audit.record = die",
}


@dataclass(frozen=True)
class Town:
    """A database file with an approved year whose edition is asked and confirmed, and the digest it must get."""

    folder: Path
    digest: str

    def copy(self, folder: Path) -> Town:
        shutil.copytree(self.folder, folder / "town")
        return Town(folder / "town", self.digest)

    def start(self, code: str) -> subprocess.Popen[str]:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "appraisal_site.settings",
            "DATABASE_URL": f"sqlite:///{self.folder / 'db.sqlite3'}",
            "MEDIA_ROOT": str(self.folder / "media"),
            "SECRET_KEY": "only for this test",
            "TASKS": "process",
        }
        return subprocess.Popen(
            [sys.executable, "-c", PRELUDE + code],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, code: str) -> tuple[int, str]:
        child = self.start(code)
        said, wrong = child.communicate(timeout=300)
        assert child.returncode in {0, -9}, wrong
        return child.returncode, said.strip().splitlines()[-1] if said.strip() else ""

    def told(self) -> list[Any]:
        loaded: list[Any] = json.loads(self.run(TOLD)[1])
        return loaded


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder = tmp_path_factory.mktemp("town") / "first"
    folder.mkdir()
    _code, digest = Town(folder, "").run(BEGIN)
    return Town(folder, digest)


@pytest.mark.slow
@pytest.mark.parametrize("moment", KILLS)
def test_a_killed_publish_left_nothing_and_its_retry_gives_the_same_digest(
    town: Town, tmp_path: Path, moment: str
) -> None:
    here = town.copy(tmp_path)

    code, _said = here.run(KILLS[moment] + SEAL)

    assert code == -9
    assert here.told() == ["approval", 0, "", True]
    assert here.run(SEAL) == (0, town.digest)
    stage, count, digest, chain_holds = here.told()
    assert (stage, digest, chain_holds) == ("published", town.digest, True)
    assert count >= 8


@pytest.mark.slow
def test_two_that_seal_at_once_make_one_edition(town: Town, tmp_path: Path) -> None:
    here = town.copy(tmp_path)

    children = [here.start(SEAL), here.start(SEAL)]
    said = [child.communicate(timeout=300)[0].strip() for child in children]

    # The other one either finds it sealed or is told that the year moved on meanwhile.
    assert 0 in {child.returncode for child in children}
    assert set(said) - {""} == {town.digest}
    stage, count, digest, chain_holds = here.told()
    assert (stage, digest, chain_holds) == ("published", town.digest, True)
    alone = town.copy(tmp_path / "alone")
    alone.run(SEAL)
    assert count == alone.told()[1]


def confirmed(cast: Cast) -> Edition:
    approved(cast)
    asked = publication.ask_publication(by=cast.hat("office1"), cycle=cast.cycle)
    return publication.confirm_publication(by=cast.hat("office2"), edition_id=asked.pk, start_job=False)


def test_a_full_disk_is_told_by_its_own_words_and_publishes_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "render", lambda html, identifier="": b"%PDF-1.7\n" + html.encode())
    asked = confirmed(cast)
    synced: list[int] = []

    def full(handle: int) -> None:
        synced.append(handle)
        if len(synced) == 4:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("office.files.os.fsync", full)
    with pytest.raises(Refused, match="No space left") as stopped:
        publication.seal(asked, cast.hat("office2"))

    cast.cycle.refresh_from_db()
    assert (stopped.value.code, cast.cycle.stage_now) == ("disk", Stage.APPROVAL)
    assert (EditionFile.objects.count(), queries.newest(cast.cycle)) == (0, None)
    assert not StoredFile.objects.filter(name__startswith="2012-1-").exists()
    monkeypatch.undo()
    monkeypatch.setattr(pdf, "render", lambda html, identifier="": b"%PDF-1.7\n" + html.encode())
    assert publication.seal(Edition.objects.get(pk=asked.pk), cast.hat("office2")).sealed_at is not None


def test_without_pango_the_edition_waits_the_page_says_why_and_everything_else_works(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)  # as if the import failed
    approved(cast)
    asked = publication.ask_publication(by=cast.hat("office1"), cycle=cast.cycle)
    with django_capture_on_commit_callbacks(execute=True):
        publication.confirm_publication(by=cast.hat("office2"), edition_id=asked.pk)
    client = signed_in(cast.people["office1"])

    page = words_of(client.get(f"{YEAR}approval/"))

    assert "libpango-1.0-0" in page
    assert "重新" in page or "再次" in page
    assert Edition.objects.get().sealed_at is None
    for address in (
        "board/",
        "awards/",
        "money/",
        "readings/",
        "hearing/",
        "hearing/agenda.docx",
        "awards.xlsx",
    ):
        assert client.get(f"{YEAR}{address}").status_code == 200, address
    monkeypatch.delitem(sys.modules, "weasyprint")
    monkeypatch.setattr(pdf, "render", lambda html, identifier="": b"%PDF-1.7\n" + html.encode())
    assert publication.seal(Edition.objects.get(), cast.hat("office2")).sealed_at is not None
