#!/usr/bin/env python3
"""备案包核验：只凭本文件夹核对每个文件、日志链和每版公布稿，并指出何处被改动。用法：python3 verify.py [文件夹]

Stands alone on Python's standard library; each edition inside is checked by the verifier sealed with it.
"""

# fmt: off
from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

MANIFEST, LOG = "manifest.json", "日志/log.jsonl"
GENESIS = "0" * 64
Finding = tuple[str, str, str, str]  # file, place in it, what it states, what was found instead


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def check_files(folder: Path, manifest: dict[str, Any]) -> list[Finding]:
    """Every file against the manifest: altered, missing, put in."""
    stated = {row["name"]: row["sha256"] for row in manifest["files"]}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MANIFEST}
    there = {name for name in there if "__pycache__" not in name}
    found = []
    for name in sorted({*stated, *there}):
        now = digest_of((folder / name).read_bytes()) if name in there else "missing"
        if stated.get(name) != now:
            found.append((name, "sha256", stated.get(name, "not in the manifest"), now))
    own = digest_of(canonical({key: value for key, value in manifest.items() if key != "digest"}))
    if manifest.get("digest") != own:
        found.append((MANIFEST, "digest", str(manifest.get("digest")), own))
    return found


def check_log(folder: Path, manifest: dict[str, Any]) -> list[Finding]:
    """The chain of the log, link by link; of another year's entry only its digest is here."""
    previous, number = GENESIS, 0
    for line in (folder / LOG).read_text(encoding="utf-8").splitlines():
        link = json.loads(line)
        number += 1
        if link["number"] != number or link["previous"] != previous:
            return [(LOG, f"{number}", previous, str(link["previous"]))]
        if "entry" in link:
            text = json.dumps(link["entry"], ensure_ascii=False, separators=(",", ":"))
            if digest_of(text.encode()) != link["digest"]:
                return [(LOG, f"{number}", link["digest"], digest_of(text.encode()))]
        previous = link["digest"]
    end = manifest["log"]
    if (number, previous) != (end["number"], end["digest"]):
        return [(LOG, "end", f"{end['number']} {end['digest']}", f"{number} {previous}")]
    return []


def check_editions(folder: Path, manifest: dict[str, Any]) -> list[Finding]:
    """Each edition by the verifier that was sealed with it."""
    found = []
    for edition in manifest["editions"]:
        place = folder / edition["folder"]
        done = subprocess.run([sys.executable, "-B", str(place / "verify.py"), str(place), edition["code"]],  # noqa: S603
                              capture_output=True, text=True, encoding="utf-8", check=False, env={"PYTHONUTF8": "1"})
        if done.returncode:
            found.append((edition["folder"], edition["code"], "holds", (done.stdout + done.stderr).strip()[:400]))
    return found


def verify(folder: Path) -> list[Finding]:
    """Everything in the folder that is not as it was filed; [] when all holds."""
    try:
        content = (folder / MANIFEST).read_bytes()
        manifest = json.loads(content)
        found = check_files(folder, manifest)
        if canonical(manifest) != content:
            found.append((MANIFEST, "", "canonical JSON", "other bytes"))
        found += check_log(folder, manifest)
        # What is run here was compared with the manifest before.
        return found or check_editions(folder, manifest)
    except (AttributeError, LookupError, OSError, TypeError, ValueError) as error:
        return [(MANIFEST, "", "the structure of a package", repr(error)[:200])]


if __name__ == "__main__":
    altered = verify(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).resolve().parent)
    for finding in altered:
        sys.stdout.write("改动 {} {}：记载 {}，核得 {}\n".format(*finding))
    sys.stdout.write("核验未通过。\n" if altered else "核验通过：各文件、日志和各版公布稿均与备案时一致。\n")
    sys.exit(1 if altered else 0)
