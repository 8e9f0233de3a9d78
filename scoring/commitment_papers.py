"""A unit's promises as a sheet to sign, and one booklet of all with what is asked of the superiors, as PDF.

How a page is set is in office.pdf; which commitments may be set for whom is asked by the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from office import files, jobs, pdf
from office.models import Job, StoredFile
from office.refusal import Refused
from scoring.commitment_queries import with_goals
from scoring.models import Commitment, CommitmentRound, CommitmentState, Goal, Verdict
from units.hats import Hat
from units.models import Cycle

JOB_KIND = "commitment-booklet"


@dataclass(frozen=True, slots=True)
class Facts:
    """What reports/base.html asks of every paper."""

    host: str
    digest: str
    foot: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One unit's sheet as it is set."""

    commitment: Commitment
    goals: list[Goal]
    signed: CommitmentRound | None  # the round that stands; None while nobody signed
    code: str

    @property
    def unit(self) -> str:
        return str(self.commitment.unit.name)

    @property
    def state_words(self) -> str:
        return {
            CommitmentState.DRAFT: "未签署稿",
            CommitmentState.RETURNED: "退回修改稿",
            CommitmentState.SUBMITTED: "已签署，待审核",
            CommitmentState.ACCEPTED: "已审核通过",
        }[CommitmentState(self.commitment.state)]


def sheet_of(row: Commitment) -> Sheet:
    """The sheet of a commitment loaded by with_goals()."""
    rounds = sorted(row.rounds.all(), key=lambda one: one.number)
    stands = next((one for one in reversed(rounds) if one.verdict in {Verdict.OPEN, Verdict.ACCEPTED}), None)
    if row.is_open:
        stands = None
    code = stands.sha256[:8].upper() if stands is not None else ""
    return Sheet(row, list(row.goals.all()), stands, code)


def _html(cycle: Cycle, sheets: Sequence[Sheet], *, title: str, is_booklet: bool) -> str:
    at = timezone.localtime()
    context: dict[str, Any] = {
        "facts": Facts(
            host=cycle.host.name,
            digest="",
            foot=f"{cycle.code} 双向承诺书 {at:%Y-%m-%d %H:%M}",
        ),
        "paper_title": title,
        "cycle": cycle,
        "sheets": sheets,
        "is_booklet": is_booklet,
        "asking": [
            (one.unit, [goal for goal in one.goals if goal.support])
            for one in sheets
            if any(goal.support for goal in one.goals)
        ],
        "goal_count": sum(len(one.goals) for one in sheets),
        "today": f"{at.year}年{at.month}月{at.day}日",
    }
    return render_to_string("reports/commitments.html", context)


def sheet_html(cycle: Cycle, row: Commitment) -> str:
    return _html(cycle, [sheet_of(row)], title=f"{row.unit.name}{cycle.year}年度双向承诺书", is_booklet=False)


def sheet_pdf(cycle: Cycle, row: Commitment) -> bytes:
    """Raises Refused when papers cannot be set on this machine."""
    return pdf.render(sheet_html(cycle, row), identifier=f"commitment-{row.pk}-{row.version}")


def booklet_html(cycle: Cycle, rows: Sequence[Commitment]) -> str:
    return _html(
        cycle, [sheet_of(row) for row in rows], title=f"{cycle.year}年度双向承诺书汇编", is_booklet=True
    )


# The booklet is long work: it is set by a job and kept as a file.


def start_booklet(by: Hat, cycle: Cycle, ids: Sequence[int]) -> Job:
    """Set the booklet of these commitments; who asks has seen every one of them."""
    pdf.require_ready()
    title = f"{cycle.year}年度双向承诺书汇编"
    return jobs.start(JOB_KIND, title, by.user, {"cycle": cycle.pk, "ids": list(ids)}, cycle_code=cycle.code)


@jobs.register(JOB_KIND)
def set_booklet(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    cycle = Cycle.objects.select_related("host").get(pk=job.arguments["cycle"])
    rows = with_goals(Commitment.objects.filter(cycle=cycle, pk__in=job.arguments["ids"]))
    if not rows:
        raise Refused("no-commitments", "—")
    progress.step(0, 2, job.title)
    with progress.beating():
        content = pdf.render(booklet_html(cycle, rows), identifier=f"booklet-{job.pk}")
    progress.step(1, 2, job.title)
    stored = files.store([content], f"{cycle.code}-双向承诺书汇编.pdf", job.owner, allowed=(files.PDF,))
    progress.step(2, 2, job.title)
    return {"file": stored.pk, "sheets": len(rows)}


def booklet_file(job: Job) -> StoredFile | None:
    """The booklet a finished job left; None while it is not there."""
    number = (job.result or {}).get("file")
    return StoredFile.objects.filter(pk=number).first() if job.kind == JOB_KIND and number else None
