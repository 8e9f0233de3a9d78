#!/usr/bin/env python3
"""公布稿核验：只凭本文件夹重算每一个数、核对每一个校验码，并指出何处被改动。用法：python3 verify.py [文件夹] [校验码]

Stands alone on Python's standard library; asks no database. Kept to 200 lines, so that anybody can read it through.
"""

# fmt: off
from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O, U: read aloud without doubt
NAMES = ("unit", "item", "sub_item", "name", "scope", "code")
ADDED = ("commendations", "criticisms", "rewards")
Key = tuple[str, str, str]  # unit, item, sub-item
Finding = tuple[str, str, str, str]  # file, place in it, what it states, what was found instead
def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

def short_code(digest: str) -> str:
    """Sixty bits of the digest, as ABCD-EFGH-JKMN."""
    letters = "".join(ALPHABET[int(digest[:15], 16) >> shift & 31] for shift in range(55, -1, -5))
    return "-".join(letters[n : n + 4] for n in (0, 4, 8))

def differences(stated: Any, found: Any, where: str = "") -> Iterator[tuple[str, str, str]]:
    """Each place where two JSON values part, by its names, with both values as text."""
    if isinstance(stated, dict) and isinstance(found, dict):
        for key in sorted({*stated, *found}):
            yield from differences(stated.get(key), found.get(key), f"{where}/{key}")
    elif isinstance(stated, list) and isinstance(found, list):
        ours, theirs = _by_name(stated), _by_name(found)
        for key in dict.fromkeys([*ours, *theirs]):
            yield from differences(ours.get(key), theirs.get(key), f"{where}/{key}")
    elif stated != found or type(stated) is not type(found):
        yield where, _told(stated), _told(found)

def _by_name(rows: list[Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for n, row in enumerate(rows, 1):
        key = "·".join(str(row[key]) for key in NAMES if row.get(key)) if isinstance(row, dict) else ""
        out[key if key and key not in out else f"{key}#{n}"] = row
    return out

def _told(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 80 else text[:77] + "…"

def half_up(value: Fraction, places: int) -> Fraction:
    """Rounded to `places` decimals, a half away from zero."""
    steps = abs(value) * 10**places
    whole = int(steps + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, 10**places)

def text_of(value: Fraction, places: int) -> str:
    steps = abs(value) * 10**places
    digits = str(steps.numerator if steps.denominator == 1 else steps).rjust(places + 1, "0")
    shown = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{shown}" if value < 0 else shown

def recompute(draft: dict[str, Any]) -> dict[str, Any]:
    """The standing object of a draft from its inputs and readings alone; block versions are taken over."""
    cycle, readings = draft["inputs"]["cycle"], {row["code"]: row for row in draft["readings"]}
    versions = {block["name"]: block["version"] for block in draft["results"]["blocks"]}
    blocks = [_block(b, cycle, readings, versions.get(b["name"], 0)) for b in draft["inputs"]["blocks"]]
    return {"cycle": cycle["code"], **{k: cycle[k] for k in ("year", "places", "rounding")}, "blocks": blocks,
            "provisional": any(row["missing"] for block in blocks for row in block["rows"])}

def _own(cell: dict[str, Any], look: str, mix: Any, places: int) -> tuple[Fraction, str] | None:
    """The score that counts by itself: on-site, else preliminary, else lead; the self score never."""
    points = {kind: Fraction(score["points"]) for kind, score in cell.get("scores", {}).items()}
    if look == "实地":
        return (points["onsite"], "onsite") if "onsite" in points else None
    if mix is not None and "onsite" in points and "preliminary" in points:
        p, q = int(mix.get("p", 1)), int(mix.get("q", 1))
        return half_up((p * points["preliminary"] + q * points["onsite"]) / (p + q), places), "mix"
    return next(((points[kind], kind) for kind in ("onsite", "preliminary", "lead") if kind in points), None)

def _scores(block: dict[str, Any], units: list[str], mix: Any, places: int) -> tuple[dict[Key, Any], list[str]]:
    """What each cell counts and where it comes from; the sub-items that involve nobody."""
    cells = {(c["unit"], c["item"], c["sub_item"]): c for c in block["cells"]}
    score, nobody = dict[Key, Any](), list[str]()
    for item, sub in ((i["name"], s) for i in block["items"] for s in i["sub_items"] if not s.get("suspended")):
        mine = {unit: cells.get((unit, item, sub["name"]), {}) for unit in units}
        own = {unit: _own(cell, sub["look"], mix, places) for unit, cell in mine.items()
               if cell.get("involvement") not in ("proposed", "confirmed")}
        score |= {(unit, item, sub["name"]): counted for unit, counted in own.items() if counted}
        scored = [counted[0] for counted in own.values() if counted]
        mean = half_up(sum(scored, Fraction(0)) / len(scored), places) if scored else None
        outside = [unit for unit in units if mine[unit].get("involvement") == "confirmed"]
        for unit in (unit for unit in units if not own.get(unit)):
            how = mine[unit].get("missing_how")
            if mean is not None and (unit in outside or how == "mean"):
                score[unit, item, sub["name"]] = mean, "mean"
            elif how == "zero":
                score[unit, item, sub["name"]] = Fraction(0), None
        if units and len(outside) == len(units):
            nobody.append(f"not-involved:{sub['name']}")
    return score, nobody

def _block(block: dict[str, Any], cycle: dict[str, Any], readings: dict[str, Any], version: int) -> dict[str, Any]:
    places, units = int(cycle["places"]), [member["unit"] for member in block["members"]]
    r9, zero = readings.get("R9", {}), readings.get("R2", {}).get("choice", "held")
    score, held = _scores(block, units, r9.get("parameters", {}) if r9.get("choice") == "mix" else None, places)
    exact, bases = dict[tuple[str, str], Fraction](), dict[str, Any]()
    for item in block["items"]:
        keys = {unit: [(unit, item["name"], sub["name"]) for sub in item["sub_items"]] for unit in units}
        own = {unit: sum((score[k][0] for k in keys[unit] if k in score), Fraction(0)) for unit in units}
        first, weight = max(own.values(), default=Fraction(1)), Fraction(item["weight"])
        full = weight if zero == "all-full" else Fraction(0)
        exact |= {(u, item["name"]): weight * own[u] / first if first > 0 else full for u in units}
        if first <= 0 and zero == "held" and "R2" not in held:
            held.insert(0, "R2")
        bases[item["name"]] = own
    before: dict[str, Any] = {"each-item": {}, "total-only": {}}
    net = {m["unit"]: Fraction(m[ADDED[0]]) - Fraction(m[ADDED[1]]) + Fraction(m[ADDED[2]]) for m in block["members"]}
    for unit in units:
        parts = [exact[unit, item["name"]] for item in block["items"]]
        before["each-item"][unit] = sum((half_up(part, places) for part in parts), Fraction(0))
        before["total-only"][unit] = half_up(sum(parts, Fraction(0)), places)
    rank = {way: {u: 1 + sum(sums[o] + net[o] > sums[u] + net[u] for o in units) for u in units}
            for way, sums in before.items()}
    way, rows = cycle["rounding"], []
    lacking = {u: sum((u, item["name"], sub["name"]) not in score for item in block["items"]
                      for sub in item["sub_items"] if not sub.get("suspended")) for u in units}
    for member in sorted(block["members"], key=lambda m: rank[way][m["unit"]]):
        unit, items = member["unit"], []
        for item, (name, own) in zip(block["items"], bases.items(), strict=True):
            counted = [(sub["name"], score.get((unit, name, sub["name"]))) for sub in item["sub_items"]]
            items.append({
                "item": name, "base": text_of(own[unit], places), "rank": 1 + sum(b > own[unit] for b in own.values()),
                "shared": list(own.values()).count(own[unit]) > 1,
                "weighted": text_of(half_up(exact[unit, name], places), places),
                "cells": [{"sub_item": sub, "score": s and text_of(s[0], places), "source": s and s[1]} for sub, s in counted],
            })
        rows.append({
            "unit": unit, "rank": rank[way][unit], "shared": list(rank[way].values()).count(rank[way][unit]) > 1,
            "eligible": member["mode"] == "参评" and not member.get("barred", False),
            "missing": lacking[unit], "items": items, "preliminary": text_of(before[way][unit], places),
            **{kind: text_of(Fraction(member[kind]), places) for kind in ADDED},
            "final": text_of(before[way][unit] + net[unit], places),
        })
    return {"name": block["name"], "kind": block["kind"], "version": version, "held": held,
            "differs": [unit for unit in units if rank["each-item"][unit] != rank["total-only"][unit]],
            "rows": rows}

def load(folder: Path, name: str, found: list[Finding]) -> Any:
    """A canonical JSON file; what is wrong with it is added to `found`."""
    try:
        content = (folder / name).read_bytes()
        value = json.loads(content)
        if canonical(value) != content:
            found.append((name, "", "canonical JSON", "other bytes"))
        return value
    except (OSError, ValueError, RecursionError) as error:
        found.append((name, "", "readable JSON", _told(str(error))))
        return None

def verify(folder: Path, code: str = "") -> list[Finding]:
    """Everything in the folder that is not as it was sealed, or not what its own inputs give; [] when all holds."""
    found, claims, at = list[Finding](), list[Finding](), "manifest.json"
    try:
        manifest = load(folder, "manifest.json", found) or {}
        files = {row["name"]: row["sha256"] for row in manifest.get("files", [])}
        there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        for name in sorted({*files, *there} - {"manifest.json"}):
            bytes_digest = digest_of((folder / name).read_bytes()) if name in there else "missing"
            claims.append((name, "sha256", files.get(name, "not in the manifest"), bytes_digest))
        own = digest_of(canonical({key: value for key, value in manifest.items() if key != "digest"}))
        claims.append(("manifest.json", "digest", str(manifest.get("digest")), own))
        claims.append(("manifest.json", "code", str(manifest["code"]), short_code(files["edition.json"])))
        claims.append(("edition.json", "code on paper", code.upper() or manifest["code"], str(manifest.get("code"))))
        edition = load(folder, at := "edition.json", found)
        for part in edition["parts"]:
            draft, where = part["draft"], f"/parts/{part['scope'] or '综合'}"
            claims.append(("edition.json", f"{where}/digest", part["digest"], digest_of(canonical(draft))))
            steps = differences(draft["results"], recompute(draft), f"{where}/results")
            claims += [("edition.json", *step) for step in steps]
        blocks = {block["name"]: block for part in edition["parts"] for block in part["draft"]["results"]["blocks"]}
        merged = edition["results"] | {"blocks": [blocks.get(block["name"]) for block in edition["results"]["blocks"]]}
        merged["provisional"] = any(part["draft"]["results"]["provisional"] for part in edition["parts"])
        claims += [("edition.json", *step) for step in differences(edition["results"], merged, "/results")]
        claims.append(("edition.json", "/results/blocks", str(len(blocks)), str(len(merged["blocks"]))))
    except (ArithmeticError, AttributeError, IndexError, LookupError, OSError, TypeError, ValueError) as error:
        found.append((at, "", "the structure of an edition", _told(repr(error))))
    return found + [claim for claim in claims if claim[2] != claim[3]]
if __name__ == "__main__":
    altered = verify(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).resolve().parent, *sys.argv[2:3])
    for finding in altered:
        sys.stdout.write("改动 {} {}：记载 {}，核得 {}\n".format(*finding))
    sys.stdout.write("核验未通过。\n" if altered else "核验通过：各文件与封存时一致，各项得分、名次重算相符。\n")
    sys.exit(1 if altered else 0)
