"""The verifier: what it recomputes is the engine's answer, and whatever was touched is found and named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from awards import edition, verifier
from scoring.engine.sheet import FirstIsZero, Rounding, Sheet
from tests.awards.drafts import draft_of, edition_files, write
from tests.engine.cities import random_sheet, sheets


@settings(max_examples=300, deadline=None)
@given(sheet=sheets())
def test_the_verifier_recomputes_what_the_engine_computed(sheet: Sheet) -> None:
    draft = draft_of(sheet)

    recomputed = verifier.recompute(draft)

    assert edition.differences(draft["results"], recomputed) == []


def small_edition(seed: int = 5) -> dict[str, bytes]:
    sheet = random_sheet(seed, 5, 3, 2, Rounding.EACH_ITEM, FirstIsZero.ALL_ZERO)
    return edition_files(draft_of(sheet))


def test_an_untouched_edition_holds(tmp_path: Path) -> None:
    folder = write(tmp_path / "edition", small_edition())

    assert edition.verify(folder) == []


def test_a_thousand_single_bytes_are_found_and_named(tmp_path: Path) -> None:
    files = small_edition()
    folder = write(tmp_path / "edition", files)
    draw = Random(2012)  # noqa: S311 -- repeatable changes, not secrets
    unnoticed = []

    for _ in range(1000):
        name = draw.choice(sorted(files))
        content = bytearray(files[name])
        place = draw.randrange(len(content))
        content[place] ^= draw.randrange(1, 256)
        (folder / name).write_bytes(bytes(content))
        if name not in {found.file for found in edition.verify(folder)}:
            unnoticed.append((name, place))
        (folder / name).write_bytes(files[name])

    assert unnoticed == []
    assert edition.verify(folder) == []


def reseal(files: dict[str, bytes], content: dict[str, Any]) -> dict[str, bytes]:
    """What a skilled hand would do: change the content, then every digest that it knows of."""
    for part in content["parts"]:
        part["digest"] = edition.digest_of(edition.canonical(part["draft"]))
    new = {**files, edition.EDITION_FILE: edition.canonical(content)}
    del new[edition.MANIFEST_FILE]
    manifest = edition.manifest_of(new, cycle="2012", number=1)
    return new | {edition.MANIFEST_FILE: edition.canonical(manifest)}


def test_a_score_changed_with_all_digests_is_named_by_its_consequence(tmp_path: Path) -> None:
    files = small_edition()
    content = json.loads(files["edition.json"])
    row = content["parts"][0]["draft"]["results"]["blocks"][0]["rows"][0]
    row["final"] = "999.99"
    content["results"]["blocks"][0]["rows"][0]["final"] = "999.99"
    folder = write(tmp_path / "edition", reseal(files, content))

    found = edition.verify(folder)

    assert [f.where for f in found] == [f"/parts/综合/results/blocks/block 0/rows/{row['unit']}/final"]
    assert found[0].stated == "999.99"


def test_a_folder_sealed_anew_does_not_carry_the_code_on_the_paper(tmp_path: Path) -> None:
    files = small_edition()
    code = json.loads(files["manifest.json"])["code"]
    content = json.loads(files["edition.json"])
    content["parts"][0]["draft"]["inputs"]["units"][0]["name"] = "另一单位"
    folder = write(tmp_path / "edition", reseal(files, content))

    assert edition.verify(folder) == []
    assert [(f.where, f.stated) for f in edition.verify(folder, code)] == [("code on paper", code)]


@pytest.mark.parametrize("name", ["edition.json", "notice.pdf", "verify.py", "manifest.json"])
def test_a_removed_file_is_named(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "edition", small_edition())
    (folder / name).unlink()

    assert name in {found.file for found in edition.verify(folder)}


def test_a_file_put_in_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path / "edition", small_edition())
    (folder / "letters-9.pdf").write_bytes(b"%PDF-1.7")

    assert [(f.file, f.stated) for f in edition.verify(folder)] == [("letters-9.pdf", "not in the manifest")]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"null", b'{"files":[]}', b"[" * 100_000, b"\xff"])
@pytest.mark.parametrize("name", ["edition.json", "manifest.json"])
def test_nonsense_is_named_and_never_a_crash(tmp_path: Path, name: str, content: bytes) -> None:
    folder = write(tmp_path / "edition", {**small_edition(), name: content})

    assert edition.verify(folder) != []


def test_the_shipped_verifier_stands_alone(tmp_path: Path) -> None:
    files = small_edition()
    folder = write(tmp_path / "edition", files)

    held = subprocess.run([sys.executable, "-I", folder / "verify.py"], capture_output=True, check=False)
    (folder / "notice.pdf").write_bytes(b"%PDF-1.7 other words")
    broken = subprocess.run([sys.executable, "-I", folder / "verify.py"], capture_output=True, check=False)

    assert (held.returncode, broken.returncode) == (0, 1)
    assert "notice.pdf" in broken.stdout.decode()
    assert len(files["verify.py"].decode().splitlines()) <= 200


@pytest.mark.parametrize("value", [1.5, {"a": [1, 2.0]}, {1: "x"}, float("nan")])
def test_no_binary_fraction_is_ever_sealed(value: object) -> None:
    with pytest.raises(TypeError):
        edition.canonical(value)


def test_differences_are_named_by_unit_and_item() -> None:
    before = {"rows": [{"unit": "青山乡", "final": "1.00"}, {"unit": "白水乡", "final": "2.00"}]}
    after = {"rows": [{"unit": "白水乡", "final": "2.00"}, {"unit": "青山乡", "final": "1.01"}]}

    assert edition.differences(before, after) == [edition.Difference("/rows/青山乡/final", "1.00", "1.01")]
