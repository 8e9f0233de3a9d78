"""Keeps what a paper said when it was given out, finds it again by the foot of what came back, and compares.

Who may have a paper, and whether what it speaks of still stands, is asked by the app that makes it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from office import audit, docx, files
from office.models import OutgoingPaper, PaperKind, ReturnedPaper
from office.refusal import Refused
from office.returned import CODE, Comparison, Kind, Line, compare
from office.workbook.guard import guarded
from office.workbook.limits import Limits
from office.workbook.sentences import paper_sentence

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from office.models import User

LIMITS = Limits()
DIGEST_IN_TEXT = re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{64}(?![0-9a-zA-Z])")
CODE_IN_TEXT = re.compile(rf"(?<![0-9A-Za-z-]){CODE}")
MOST_CANDIDATES = 12  # versions of one paper that are tried when its own number is lost


@dataclass(frozen=True, slots=True)
class Read:
    """A paper as its file says it; `foot` is what stands in head and foot of its pages."""

    lines: tuple[Line, ...]
    foot: str
    marks: dict[str, Any]  # counts of what a plain text has not: inserted, deleted, boxes …


def keep(
    content: bytes,
    *,
    by: User,
    cycle_code: str,
    kind: PaperKind,
    name: str,
    digest: str,
    code: str,
    about_id: int = 0,
) -> OutgoingPaper:
    """Keep what this paper says, once; nothing of the year changes by it, like the line of an access log."""
    lines = docx.lines_in(content)
    paper, _is_new = OutgoingPaper.objects.get_or_create(
        cycle_code=cycle_code,
        kind=kind,
        digest=digest,
        number=docx.number_of(lines),
        defaults={
            "code": code,
            "name": files.safe_name(name),
            "about_id": about_id,
            "given_to": by,
            "lines": [[line.kind, line.table, line.number, list(line.cells)] for line in lines],
        },
    )
    return paper


def lines_kept(paper: OutgoingPaper) -> list[Line]:
    return [Line(kind, table, number, tuple(cells)) for kind, table, number, cells in paper.lines]


def read(source: Any, name: str) -> Read:
    """What a stranger's .docx (bytes or an open file) says, read in the limited child.  Raises Refused for every file that is none."""
    lines: list[Line] = []
    marks: dict[str, Any] = {}
    try:
        for message in guarded(source, LIMITS, name, do="words", say=paper_sentence):
            if message["m"] == "lines":
                lines += [
                    Line(kind, table, number, tuple(cells)) for kind, table, number, cells in message["l"]
                ]
            elif message["m"] == "facts":
                marks = message["f"]
    except Refused as refusal:
        refusal.status = 422
        raise
    foot = "\n".join(cell for cells in marks.pop("furniture", []) for cell in cells)
    return Read(tuple(lines), foot, marks)


def candidates(cycle_code: str, found: Read) -> list[OutgoingPaper]:
    """The papers of this year that it may be, the likeliest first: by its number, its digest, its short codes.

    The foot is believed before the text; in the text stands only what a foot that was cut off leaves.
    """
    papers = OutgoingPaper.objects.filter(cycle_code=cycle_code)
    for text in (found.foot, "\n".join(line.text for line in found.lines)):
        codes = CODE_IN_TEXT.findall(text)
        by_number = list(papers.filter(number__in=codes)[:MOST_CANDIDATES])
        if by_number:
            return by_number
        named = Q(digest__in=DIGEST_IN_TEXT.findall(text)) | Q(code__in=codes)
        by_digest = list(papers.filter(named)[:MOST_CANDIDATES])
        if by_digest:
            return by_digest
    return []


def nearest(papers: Sequence[OutgoingPaper], found: Read) -> tuple[OutgoingPaper, Comparison]:
    """Of several versions the one that differs least; the newest of those that differ alike."""
    compared = [(paper, compare(lines_kept(paper), found.lines)) for paper in papers]
    return min(compared, key=lambda pair: (len(pair[1].differences), -pair[0].pk))


def foot_changes(paper: OutgoingPaper, found: Read) -> list[str]:
    """What is wrong with the foot: "lost" when no digest stands in it, else each foreign digest or number."""
    digests = set(DIGEST_IN_TEXT.findall(found.foot))
    if not digests and paper.number not in found.foot:
        return ["lost"]
    foreign = sorted(digests - {paper.digest})
    numbers = {
        match.group(1)
        for match in re.finditer(rf"{docx.NUMBER_WORD}\s*([0-9A-F]{{4}}-[0-9A-F]{{4}})", found.foot)
    }
    return [*foreign, *sorted(numbers - {paper.number})]


def compare_returned(
    *, by: audit.Actor, cycle_code: str, upload: UploadedFile[Any], chosen: OutgoingPaper | None = None
) -> ReturnedPaper:
    """Find what came back among the papers given out, keep it, and keep every difference.

    `chosen` is the paper that the person named because the foot tells nothing. Raises Refused: no .docx, broken
    or hostile, a paper that was never given out in this year. The same file compared again is the same record.
    """
    name = files.safe_name(upload.name or "")
    found = read(upload, name)
    papers = [chosen] if chosen is not None else candidates(cycle_code, found)
    if not papers:
        raise Refused(
            "unknown-paper",
            _(
                "%(name)s carries no digest or number of a paper that was given out in this year. Choose below which paper it is compared with."
            )
            % {"name": name},
            "§6(8)",
            status=422,
        )
    paper, comparison = nearest(papers, found)
    stored = files.store(upload.chunks(), name, by.user, allowed=(files.DOCX,))
    with transaction.atomic():
        known = ReturnedPaper.objects.filter(paper=paper, file__sha256=stored.sha256).first()
        if known is not None:
            stored.delete()  # the row alone: the bytes are kept once
            return known
        made = ReturnedPaper.objects.create(
            paper=paper,
            file=stored,
            figures_changed=len(comparison.of(Kind.FIGURE)),
            wording_changed=len(comparison.of(Kind.WORDING)),
            filled_in=len(comparison.of(Kind.FILLED)),
            findings={
                "differences": [_plain(one) for one in comparison.differences],
                "figures": comparison.figures,
                "marks": found.marks,
                "foot": foot_changes(paper, found),
                "by_hand": chosen is not None,
            },
            compared_by=by.user,
        )
        audit.record(
            by,
            "paper.compared",
            made,
            cycle_code=cycle_code,
            paper=str(paper),
            sha256=stored.sha256,
            figures=made.figures_changed,
            wording=made.wording_changed,
        )
    return made


def _plain(one: Any) -> dict[str, Any]:
    row = asdict(one)
    place = row.pop("place")
    return {**row, "kind": str(one.kind), "place": [place["kind"], place["table"], place["number"]]}
