"""Pure: what a draft and an edition are made of as canonical JSON, their digests, codes, manifests, differences.

Recomputing and naming what was altered is in awards.verifier, which travels inside each edition.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awards import verifier
from awards.verifier import digest_of, short_code

__all__ = [
    "Difference",
    "canonical",
    "differences",
    "digest_of",
    "edition_of",
    "manifest_of",
    "short_code",
    "verify",
]

DRAFT_FORMAT, EDITION_FORMAT, MANIFEST_FORMAT = (
    "appraisal-draft-1",
    "appraisal-edition-1",
    "appraisal-manifest-1",
)
EDITION_FILE, MANIFEST_FILE, VERIFIER_FILE = "edition.json", "manifest.json", "verify.py"


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not the same in two drafts or editions."""

    where: str  # path by names, such as /results/blocks/乡镇口/rows/青山乡/final
    before: str
    after: str

    @property
    def steps(self) -> list[str]:
        return self.where.strip("/").split("/")


@dataclass(frozen=True, slots=True)
class Altered:
    """Something in an edition's folder that is not as it was sealed."""

    file: str
    where: str
    stated: str
    found: str


def canonical(value: Any) -> bytes:
    """The one spelling of a JSON value: sorted keys, no spaces, UTF-8.

    Raises TypeError on a float: a binary fraction has no place in a result.
    """
    _require_no_floats(value)
    return verifier.canonical(value)


def _require_no_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"{value!r} is a float" if not math.isnan(value) else "nan is a float")
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TypeError(f"the key {key!r} is not text")
            _require_no_floats(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _require_no_floats(inner)


def differences(before: Any, after: Any) -> list[Difference]:
    """Each place where two JSON values part, named by unit, item, sub-item or block."""
    return [Difference(*step) for step in verifier.differences(before, after)]


def without_versions(results: Mapping[str, Any]) -> dict[str, Any]:
    """Results without the blocks' version numbers, which grow also when a value came back to what it was."""
    blocks = [{key: value for key, value in block.items() if key != "version"} for block in results["blocks"]]
    return {**results, "blocks": blocks}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What differs between two drafts of one scope: results first, then inputs and readings."""
    parts = [
        differences(without_versions(before["results"]), without_versions(after["results"])),
        differences(before["inputs"], after["inputs"]),
        differences(before["readings"], after["readings"]),
    ]
    prefixes = ("/results", "/inputs", "/readings")
    return [
        Difference(prefix + found.where, found.before, found.after)
        for prefix, part in zip(prefixes, parts, strict=True)
        for found in part
    ]


def inputs_digest(draft: Mapping[str, Any]) -> str:
    """The digest of everything the results of a draft depend on."""
    return digest_of(canonical([draft["inputs"], draft["readings"]]))


def digests_of(draft: Mapping[str, Any]) -> tuple[str, str]:
    """The digests of a draft and of its inputs, spelling each part out once."""
    parts = {key: canonical(value) for key, value in draft.items()}
    whole = b",".join(canonical(key) + b":" + parts[key] for key in sorted(parts))
    inputs = b"[" + parts["inputs"] + b"," + parts["readings"] + b"]"
    return digest_of(b"{" + whole + b"}"), digest_of(inputs)


def edition_of(
    *,
    cycle: Mapping[str, Any],
    number: int,
    reason: str,
    document_number: str,
    supersedes: Mapping[str, Any] | None,
    parts: Sequence[Mapping[str, Any]],
    log_head: Mapping[str, Any],
    sealed_on: str,
    awards: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The content of an edition; `parts` are scope, draft, its digest and its approval, in the plan's order.

    `awards` None: the leading group has not decided them yet, and the edition says nothing about them.
    """
    blocks = [block for part in parts for block in part["draft"]["results"]["blocks"]]
    order = {block["name"]: n for n, block in enumerate(cycle["blocks"])}
    blocks.sort(key=lambda block: order[block["name"]])
    first = parts[0]["draft"]["results"]
    return {
        "format": EDITION_FORMAT,
        "cycle": cycle["code"],
        "name": cycle["name"],
        "host": cycle["host"],
        "number": number,
        "reason": reason,
        "document_number": document_number,
        "sealed_on": sealed_on,
        "supersedes": supersedes,
        "parts": list(parts),
        "log": dict(log_head),
        **({} if awards is None else {"awards": dict(awards)}),
        "results": {
            **{key: first[key] for key in ("cycle", "year", "places", "rounding")},
            "provisional": any(part["draft"]["results"]["provisional"] for part in parts),
            "blocks": blocks,
        },
    }


def manifest_of(files: Mapping[str, bytes], *, cycle: str, number: int) -> dict[str, Any]:
    """Names, sizes and digests of an edition's files, sealed by a digest of its own."""
    manifest: dict[str, Any] = {
        "format": MANIFEST_FORMAT,
        "cycle": cycle,
        "number": number,
        "code": short_code(digest_of(files[EDITION_FILE])),
        "files": [
            {"name": name, "sha256": digest_of(content), "size": len(content)}
            for name, content in sorted(files.items())
        ],
    }
    manifest["digest"] = digest_of(canonical(manifest))
    return manifest


def verifier_source() -> bytes:
    return Path(verifier.__file__).read_bytes()


def verify(folder: Path, code: str = "") -> list[Altered]:
    """Whatever in the folder is not as it was sealed, by file and place; needs no database.

    `code` is the one printed on the paper at hand: a folder altered and sealed anew does not carry it.
    """
    return [Altered(*finding) for finding in verifier.verify(folder, code)]
