"""Drafts for tests without a database: random blocks of the engine's tests as an edition would hold them.

What is right about them is said by the tests.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from awards import edition
from scoring.engine.numbers import format_points
from scoring.engine.sheet import MissingDecision, Sheet
from scoring.engine.standing import compute

CODE = "2012"


def draft_of(*sheets: Sheet) -> dict[str, Any]:
    """One draft of blocks with the same readings and decimals."""
    sheets = tuple(_decided_once(sheet) for sheet in sheets)
    first = sheets[0]
    readings = first.readings
    mix = readings.counting
    blocks, results, provisional = [], [], False
    for number, sheet in enumerate(sheets):
        name = f"block {number}"
        standing = compute(sheet)
        body = standing.as_dict()
        provisional = provisional or standing.provisional
        blocks.append(_block(sheet, name, number))
        # A stored standing also lists suspended sub-items, without a score.
        for row in body["rows"]:
            for item, rule in zip(row["items"], sheet.items, strict=True):
                have = {cell["sub_item"]: cell for cell in item["cells"]}
                item["cells"] = [
                    have.get(sub.name, {"sub_item": sub.name, "score": None, "source": None})
                    for sub in rule.sub_items
                ]
        results.append(body | {"name": name, "version": 3})
    cycle = {"code": CODE, "name": "年度", "year": 2012, "host": "考评办", "places": first.places}
    cycle |= {"rounding": str(readings.rounding), "total_weight": "1000"}
    return {
        "format": edition.DRAFT_FORMAT,
        "scope": "",
        "readings": [
            {"code": "R1", "choice": str(readings.rounding)},
            {"code": "R2", "choice": str(readings.first_is_zero)},
            {"code": "R9", "choice": "mix", "parameters": {"p": mix.preliminary_part, "q": mix.onsite_part}}
            if mix.is_mix
            else {"code": "R9", "choice": "replace"},
        ],
        "inputs": {"cycle": cycle, "units": [{"name": u.name} for u in first.units], "blocks": blocks},
        "results": {
            "cycle": CODE,
            "year": 2012,
            "places": first.places,
            "rounding": str(readings.rounding),
            "provisional": provisional,
            "blocks": results,
        },
    }


def _decided_once(sheet: Sheet) -> Sheet:
    """A stored cell holds one decision; of several about it the first is kept."""
    how: dict[tuple[int, int], MissingDecision] = {}
    for decision in sheet.decisions:
        for unit in sheet.units:
            if decision.unit_key in (None, unit.key):
                key = (unit.key, decision.sub_item_key)
                how.setdefault(key, MissingDecision(decision.sub_item_key, unit.key, decision.how))
    return replace(sheet, decisions=tuple(how.values()))


def _block(sheet: Sheet, name: str, order: int) -> dict[str, Any]:
    def points(value: int) -> str:
        return format_points(value, sheet.places)

    units = sorted(sheet.units, key=lambda unit: unit.order)
    how = {(decision.unit_key, decision.sub_item_key): str(decision.how) for decision in sheet.decisions}
    cells = []
    for unit in units:
        for item in sheet.items:
            for sub in item.sub_items:
                entry = sheet.cell(unit.key, sub.key)
                kinds = {"self": entry.self_score, "lead": entry.lead, "preliminary": entry.preliminary}
                kinds["onsite"] = entry.onsite
                cell: dict[str, Any] = {"unit": unit.name, "item": item.name, "sub_item": sub.name}
                cell["scores"] = {
                    k: {"points": points(v), "by": "x"} for k, v in kinds.items() if v is not None
                }
                if entry.proposed or entry.not_involved:
                    cell["involvement"] = "proposed" if entry.proposed else "confirmed"
                if (unit.key, sub.key) in how:
                    cell["missing_how"] = how[unit.key, sub.key]
                cells.append(cell)
    return {
        "name": name,
        "kind": sheet.kind,
        "order": order,
        "items": [
            {
                "name": item.name,
                "weight": points(item.weight),
                "base": points(item.base),
                "sub_items": [
                    {
                        "name": sub.name,
                        "base": points(sub.base),
                        "look": "实地" if sub.visit_required else "两者",
                        **({"suspended": "x"} if sub.suspended else {}),
                    }
                    for sub in item.sub_items
                ],
            }
            for item in sheet.items
        ],
        "members": [
            {
                "unit": unit.name,
                "mode": "参评" if unit.eligible else "不评奖",
                "commendations": points(unit.commendations),
                "criticisms": points(unit.criticisms),
                "rewards": points(unit.rewards),
            }
            for unit in units
        ],
        "cells": cells,
    }


def edition_content(*drafts: dict[str, Any]) -> dict[str, Any]:
    """What edition.json of these drafts holds."""
    blocks = [block for draft in drafts for block in draft["results"]["blocks"]]
    return edition.edition_of(
        cycle={"code": CODE, "name": "年度", "host": "考评办", "blocks": blocks},
        number=1,
        reason="",
        document_number="",
        supersedes=None,
        parts=[
            {
                "scope": draft["scope"],
                "draft": draft,
                "digest": edition.digest_of(edition.canonical(draft)),
                "approval": {"way": "screen", "by": ["甲", "乙"]},
            }
            for draft in drafts
        ],
        log_head={"number": 7, "digest": "0" * 64},
        sealed_on="2013-02-01",
    )


def edition_files(*drafts: dict[str, Any]) -> dict[str, bytes]:
    """The files of a small edition, with the verifier and a stand-in for the printed papers."""
    content = edition_content(*drafts)
    files = {
        edition.EDITION_FILE: edition.canonical(content),
        edition.VERIFIER_FILE: edition.verifier_source(),
        "notice.pdf": b"%PDF-1.7 words on paper",
    }
    manifest = edition.manifest_of(files, cycle=CODE, number=1)
    return files | {edition.MANIFEST_FILE: edition.canonical(manifest)}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder
