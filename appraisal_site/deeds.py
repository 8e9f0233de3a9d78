"""The acts of the log in words, and which of them a hat may be told of.

What is recorded is decided by the actions; a test holds that every recorded act has its words here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, Q
from django.utils.translation import gettext_lazy as _

from appraisal_site.sections import year_way
from bonuses.models import Adjustment
from office import audit
from office.models import AuditEntry
from scoring.models import Assessment, Cell, Commitment, CoverageReturn, Ledger, ProgressReport
from scoring.readiness import led_sub_items
from units.hats import Hat
from units.matrix import Role
from units.models import ROLE_LABELS, STAGE_LABELS, Cycle, Reopening
from units.permissions import may
from units.stages import Stage

WORDS: dict[str, object] = {
    "appeal.answered": _("answered a letter or call"),
    "appeal.compared": _("compared an appeal with its paper"),
    "appeal.drafted": _("wrote an appeal"),
    "appeal.file-removed": _("took a file out of an appeal"),
    "appeal.filed": _("filed an appeal"),
    "appeal.point-added": _("named what an appeal is about"),
    "appeal.point-decided": _("decided a point of an appeal"),
    "appeal.point-sent-back": _("took the first signature on a point back"),
    "appeal.point-signed": _("signed a point of an appeal first"),
    "appeal.rechecked": _("recorded a re-check"),
    "appeal.registered": _("registered an appeal"),
    "appeal.reviewer-named": _("named who re-checks"),
    "appeal.terms-set": _("set how long results may be questioned"),
    "appeal.withdrawn": _("took an appeal back"),
    "result.delivered": _("noted when a result reached its unit"),
    "result.letters-set": _("had the letters of a block set"),
    "award.nominated": _("nominated for an award"),
    "award.nomination-withdrawn": _("withdrew a nomination"),
    "paper.compared": _("compared a paper that came back"),
    "awards.decided": _("decided the award list"),
    "awards.departed": _("departed from the computed award list"),
    "awards.filling": _("set how a place that falls vacant is filled"),
    "awards.proposed": _("put the award list forward"),
    "awards.signed": _("signed the award list, a second person follows"),
    "awards.tie-order": _("declared the order that settles ties"),
    "awards.tie-reopened": _("reopened a tie"),
    "awards.tie-settled": _("settled a tie"),
    "individual.named": _("named a person for an individual award"),
    "individual.removed": _("removed a person from the individual awards"),
    "prize.change-asked": _("asked to change a prize"),
    "prize.change-dropped": _("dropped a change of a prize"),
    "prize.changed": _("changed a prize"),
    "prize.divided": _("divided the unit's prize"),
    "reading.asked": _("entered a question about how the plan is read"),
    "reading.decided": _("decided how the plan is read"),
    "reading.dropped": _("dropped a proposed reading"),
    "reading.proposed": _("proposed how the plan is read"),
    "demo.completed": _("completed the demo year"),
    "demo.last-year-made": _("made the year before the demo year"),
    "demo.made": _("made the demo year"),
    "plan.loaded": _("loaded the plan"),
    "account.created": _("made an account"),
    "account.edited": _("changed an account"),
    "account.password-reset": _("set a new first password"),
    "record.added": _("added a record of the plan"),
    "record.changed": _("changed a record of the plan"),
    "record.removed": _("took a record of the plan out"),
    "role.granted": _("granted a role"),
    "role.revoked": _("revoked a role"),
    "system-role.granted": _("granted a role over the system"),
    "system-role.revoked": _("revoked a role over the system"),
    "account.changed": _("changed the own account"),
    "account.password-changed": _("changed the password"),
    "account.sessions-ended": _("ended the other sessions"),
    "account.sign-in-failed": _("failed to sign in"),
    "account.signed-in": _("signed in"),
    "account.signed-out": _("signed out"),
    "accounts.created": _("opened accounts"),
    "adjustment.named": _("confirmed that a paper names the unit"),
    "adjustment.proposed": _("entered an addition or deduction"),
    "adjustment.rejected": _("rejected an addition or deduction"),
    "adjustment.verified": _("verified an addition or deduction"),
    "adjustment.withdrawn": _("withdrew an addition or deduction"),
    "call.noted": _("noted a call to"),
    "calendar.day-removed": _("took a day out of the calendar"),
    "calendar.day-saved": _("set a calendar day"),
    "calendar.days-saved": _("set calendar days"),
    "commitment.accepted": _("accepted a commitment"),
    "commitment.returned": _("returned a commitment"),
    "commitment.saved": _("wrote the goals of a commitment"),
    "commitment.signed": _("signed a commitment"),
    "commitment.withdrawn": _("took a commitment back"),
    "conflict.declared": _("declared a conflict"),
    "coverage.filed": _("filed a return of coverage"),
    "conflict.kept": _("kept a conflict"),
    "conflict.lift-proposed": _("proposed to lift a conflict"),
    "conflict.lifted": _("lifted a conflict"),
    "cycle.copied": _("copied the year"),
    "cycle.moved": _("moved the year on"),
    "cycle.moved-back": _("moved the year back"),
    "cycle.reopened": _("reopened"),
    "cycle.reopening-closed": _("closed a reopening"),
    "cycle.reopened-many": _("reopened for several units"),
    "cycle.reopenings-closed": _("closed reopenings"),
    "cycle.window-set": _("set a window"),
    "denied": _("was denied"),
    "amendment.proposed": _("put an amendment of the rules forward"),
    "amendment.decided": _("brought an amendment of the rules into force"),
    "amendment.dropped": _("withdrew an amendment of the rules"),
    "minutes.entered": _("entered a decision of the leading group from its minutes"),
    "minutes.dropped": _("withdrew a decision entered from minutes"),
    "missing.proposed": _("put a decision on missing cells forward"),
    "missing.decided": _("brought a decision on missing cells into force"),
    "missing.dropped": _("withdrew a decision on missing cells"),
    "single-appraisal.entered": _("entered another single appraisal"),
    "single-appraisal.compared": _("compared another single appraisal with its paper"),
    "single-appraisal.ended": _("ended another single appraisal"),
    "appraiser.proposed": _("recorded misconduct of an appraiser"),
    "appraiser.confirmed": _("confirmed misconduct of an appraiser"),
    "appraiser.rejected": _("rejected misconduct of an appraiser"),
    "appraiser.lifted": _("lifted misconduct of an appraiser"),
    "appraiser.rechecked": _("re-checked scores of an appraiser"),
    "what-if.saved": _("kept a variant of the what-if bench"),
    "what-if.removed": _("removed a variant of the what-if bench"),
    "distortion.dismissed": _("dismissed a finding of distortion"),
    "distortion.limits-set": _("set the limits of distortion"),
    "distortion.opened": _("opened a finding of distortion again"),
    "distortion.seen": _("marked findings of distortion as seen"),
    "detailed-rules.accepted": _("accepted detailed rules"),
    "detailed-rules.compiled": _("compiled the detailed rules"),
    "detailed-rules.filed": _("filed detailed rules"),
    "detailed-rules.returned": _("returned detailed rules"),
    "detailed-rules.saved": _("saved detailed rules"),
    "edition.asked": _("asked for an edition"),
    "edition.closed": _("closed the result page"),
    "edition.confirmed": _("confirmed an edition"),
    "edition.opened": _("opened the result page to everybody"),
    "edition.sealed": _("published an edition"),
    "edition.withdrawn": _("took an edition back"),
    "filing.accepted": _("took the filing package in"),
    "filing.asked": _("asked for the filing package"),
    "filing.built": _("built the filing package"),
    "fixture.loaded": _("loaded the shipped plan"),
    "form.compared": _("compared a signed form with the screen"),
    "form.differs": _("found that a signed form differs"),
    "form.printed": _("printed a form with its code"),
    "form.scanned": _("handed in the scan of a signed form"),
    "hat.worn": _("changed the hat"),
    "issuer.added": _("added an issuer"),
    "hearing.released": _("released the first result"),
    "hearing.returned": _("returned the first result"),
    "item.added": _("added an item"),
    "item.compared": _("set what an item is compared with"),
    "item.changed": _("changed an item"),
    "ledger.corrected": _("corrected a ledger"),
    "ledger.dropped": _("put a ledger away"),
    "ledger.due-set": _("set when ledgers are due"),
    "ledger.evidence-added": _("laid a file beside a line of a ledger"),
    "ledger.evidence-removed": _("took a file from beside a line of a ledger"),
    "ledger.imported": _("took a ledger in"),
    "ledger.voided": _("voided a version of a ledger"),
    "ledgers.filled": _("filled in ledgers"),
    "log.sampled": _("drew a sample of the log"),
    "log.verified": _("verified the chain"),
    "matter.joined": _("put papers into one matter"),
    "matter.left": _("took papers out of a matter"),
    "membership.mode-set": _("set how a unit takes part"),
    "misconduct.confirmed": _("confirmed misconduct"),
    "misconduct.lifted": _("lifted a finding of misconduct"),
    "misconduct.proposed": _("proposed a finding of misconduct"),
    "misconduct.rejected": _("rejected a finding of misconduct"),
    "not-involved.confirmed": _("confirmed “not involved”"),
    "not-involved.proposed": _("proposed “not involved”"),
    "not-involved.rejected": _("rejected “not involved”"),
    "not-involved.withdrawn": _("took “not involved” back"),
    "paper-list.dropped": _("put a list of papers away"),
    "paper-list.imported": _("took a list of papers in"),
    "paper-list.verified": _("verified a list of papers"),
    "paper.file-attached": _("attached a scan"),
    "paper.original-seen": _("saw the original of a paper"),
    "plan.imported": _("took a plan workbook in"),
    "returns.dropped": _("put statistical returns away"),
    "returns.entered": _("typed statistical returns"),
    "returns.imported": _("took statistical returns in"),
    "progress.handed-in": _("handed a progress report in"),
    "progress.saved": _("kept a progress report"),
    "progress.terms-set": _("set the terms of progress reports"),
    "roles.granted": _("granted roles"),
    "result.approved": _("approved a draft as the second person"),
    "result.approved-first": _("approved a draft"),
    "result.hand-over-voided": _("voided a hand-over"),
    "result.handed-over": _("handed the result over"),
    "result.returned": _("returned a draft"),
    "reminders.sent": _("sent reminders"),
    "rule.removed": _("removed a rule"),
    "rules.stand-ins-confirmed": _("confirmed stand-in rules"),
    "score.cleared": _("cleared a score"),
    "score.recorded": _("entered a score"),
    "scores.dropped": _("dropped a score sheet"),
    "scores.filled": _("filled in scores"),
    "scores.imported": _("took a score sheet in"),
    "scores.read": _("read a score sheet"),
    "scores.recorded": _("entered scores"),
    "self.evidence-added": _("laid evidence beside a self-assessment"),
    "self.evidence-removed": _("took evidence of a self-assessment away"),
    "self.saved": _("filled in a line of the self-assessment"),
    "self.sent-back": _("sent a self-assessment back"),
    "self.submitted": _("submitted the self-assessment"),
    "self.withdrawn": _("withdrew the self-assessment"),
    "sub-item.added": _("added a sub-item"),
    "sub-item.changed": _("changed a sub-item"),
    "supplement.answered": _("answered a return for supplement"),
    "supplement.asked": _("returned for supplement"),
    "supplement.closed": _("settled a return for supplement"),
    "supplement.withdrawn": _("took a return for supplement back"),
    "supplements.settled": _("settled returns for supplement"),
    "team.dissolved": _("dissolved a team"),
    "team.saved": _("set up a team"),
    "teams.formed": _("formed teams"),
    "token.expired": _("ended an API token"),
    "token.issued": _("issued an API token"),
    "track.follows-the-year": _("let a track follow the year again"),
    "track.moved": _("moved a track on"),
    "track.moved-back": _("moved a track back"),
    "track.own-calendar": _("gave a track its own calendar"),
    "unit.added": _("added a unit"),
    "unit.alias-learned": _("learned another name of"),
    "unit.alias-removed": _("removed another name of"),
    "unit.changed": _("changed a unit"),
    "unit.stand-ins-confirmed": _("confirmed stand-in names"),
    "units.contacts-entered": _("entered contacts of units"),
    "veto.confirmed": _("confirmed a veto"),
    "veto.lifted": _("lifted a veto"),
    "veto.proposed": _("proposed a veto"),
    "veto.rejected": _("rejected a veto"),
    "visit.cancelled": _("cancelled a visit"),
    "visit.changed": _("changed a visit"),
    "visit.paper-counted": _("counted the signed sheet of a visit"),
    "visit.photo-added": _("laid a picture beside a visit"),
    "visit.photo-removed": _("took a picture away from a visit"),
    "visit.planned": _("planned a visit"),
    "visit.recorded": _("wrote down a visit"),
    "visit.reopened": _("opened a signed visit again"),
    "visit.signature-withdrawn": _("took a signature under a visit back"),
    "visit.signed": _("signed a visit as the second"),
    "visit.signed-first": _("signed a visit as the first"),
    "visits.planned": _("planned visits"),
    "visits.signed": _("signed visits"),
    "windows.set": _("set the windows"),
}

# What everybody of a year may know of it.
OF_THE_YEAR = (
    "cycle.moved",
    "cycle.moved-back",
    "cycle.window-set",
    "track.follows-the-year",
    "track.moved",
    "track.moved-back",
    "track.own-calendar",
)
# Role → records whose acts its unit may know of, with the way from the record to the unit.
_OF_THE_UNIT: tuple[tuple[type[Model], str], ...] = (
    (Adjustment, "unit"),
    (Assessment, "unit"),
    (Commitment, "unit"),
    (CoverageReturn, "unit"),
    (ProgressReport, "unit"),
    (Reopening, "unit"),
)
OWN_RECORDS: dict[Role, tuple[tuple[type[Model], str], ...]] = {
    Role.OFFICIAL: _OF_THE_UNIT,
    Role.PRINCIPAL: _OF_THE_UNIT,
    Role.LEAD: ((Ledger, "body"), (Reopening, "unit")),
}
# Acts of a person on his own account, told to nobody but the auditor.
PRIVATE = ("account.", "denied", "hat.", "token.", "log.")


@dataclass(frozen=True, slots=True)
class Deed:
    """One entry of the log for people."""

    number: int
    at: datetime
    who: str
    role: str
    words: str
    object_text: str
    before: str
    after: str
    reason: str
    url: str
    digest: str

    @property
    def sentence(self) -> str:
        moved = f" {self.before or '—'} → {self.after or '—'}" if self.before or self.after else ""
        return f"{self.words} {self.object_text}{moved}".strip()


def words_of(act: str) -> str:
    return str(WORDS.get(act, act))


def _figure(act: str, value: Any) -> str:
    """A stage by its label, everything else as it stands in the log."""
    if value is None or value == "":
        return ""
    if act.startswith(("cycle.moved", "track.moved")):
        return str(STAGE_LABELS[Stage(value)])
    return str(value)


def deed_of(entry: AuditEntry, cycle: Cycle | None = None) -> Deed:
    """The entry in words; `cycle` lets it link to the page of the thing."""
    details = audit.details_of(entry)
    reason = details.get("reason") or details.get("sentence") or ""
    return Deed(
        number=entry.number,
        at=entry.at,
        who=entry.user_name or str(_("the system")),
        role=str(ROLE_LABELS[Role(entry.role)]) if entry.role in ROLE_LABELS else "",
        words=words_of(entry.act),
        object_text=entry.object_text or str(details.get("target", "")),
        before=_figure(entry.act, details.get("before")),
        after=_figure(entry.act, details.get("after")),
        reason=str(reason),
        url=year_way(cycle, "year")
        if cycle is not None and entry.act.startswith(("cycle.", "track."))
        else "",
        digest=entry.digest,
    )


def visible_to(hat: Hat, cycle: Cycle | None) -> Q:
    """The part of the log that may be told to this hat on its home page.  Rulebook 8, rows E05, G03, L08."""
    if hat.role is Role.AUDITOR:
        return Q()
    if cycle is None or hat.role in {Role.SYSTEM, Role.SECURITY}:
        return Q(user_id_text=hat.user.username)
    of_year = Q(cycle_code=cycle.code)
    public = of_year & Q(act__in=OF_THE_YEAR)
    cells = _cells_visible_to(hat, cycle)
    if cells is None:
        private = Q()
        for start in PRIVATE:
            private |= Q(act__startswith=start)
        return of_year & ~private
    about = [str(pk) for pk in cells]
    seen = public | of_year & Q(object_type="scoring.Cell", object_id__in=about)
    if hat.unit_id is not None:
        seen |= of_year & Q(object_type="units.Unit", object_id=str(hat.unit_id))
        seen |= _about_own_promises(hat, cycle)
    return seen


def _about_own_promises(hat: Hat, cycle: Cycle) -> Q:
    """What was said to the own unit's commitment; a unit has one in a year."""
    if hat.role not in {Role.OFFICIAL, Role.PRINCIPAL} or hat.unit_id is None:
        return Q(pk__in=[])
    own = Commitment.objects.filter(cycle=cycle, unit_id=hat.unit_id).values_list("pk", flat=True)
    return Q(object_type=Commitment._meta.label, object_id__in=[str(pk) for pk in own])


def _cells_visible_to(hat: Hat, cycle: Cycle) -> Iterable[int] | None:
    """Ids of the cells whose scores the hat may read now; None for all of them."""
    cells = Cell.objects.filter(block__cycle=cycle)
    match hat.role:
        case Role.OFFICE | Role.LEADING_GROUP | Role.CITY_LEADER:
            return None
        case Role.LEAD if hat.unit_id is not None:
            mine = cells.filter(sub_item__in=led_sub_items(cycle, hat.unit_id))
            return list(mine.exclude(membership__unit_id=hat.unit_id).values_list("pk", flat=True))
        case Role.REVIEWER:
            team = hat.team_unit_ids(cycle.pk)
            return list(cells.filter(membership__unit__in=team).values_list("pk", flat=True))
        case Role.OFFICIAL | Role.PRINCIPAL if hat.unit_id is not None and may(
            "G03", hat, cycle, unit_id=hat.unit_id
        ):
            return list(cells.filter(membership__unit_id=hat.unit_id).values_list("pk", flat=True))
    return []


def of_people(
    cycle: Cycle, accounts: Iterable[str], since: datetime, until: datetime, *, most: int = 8
) -> list[Deed]:
    """What these people did in that year between the two moments, the first of it first."""
    entries = AuditEntry.objects.filter(
        cycle_code=cycle.code, user_id_text__in=list(accounts), at__gte=since, at__lt=until
    )
    for start in PRIVATE:
        entries = entries.exclude(act__startswith=start)
    return [deed_of(entry) for entry in entries.order_by("number")[:most]]


def since(hat: Hat, cycle: Cycle | None, moment: datetime | None, *, most: int = 12) -> list[Deed]:
    """What others did since that moment, newest first, within what the hat may see."""
    entries = AuditEntry.objects.filter(visible_to(hat, cycle)).exclude(act="hat.worn")
    if hat.role is not Role.SYSTEM and hat.role is not Role.SECURITY:
        entries = entries.exclude(user_id_text=hat.user.username)
    if moment is not None:
        entries = entries.filter(at__gt=moment)
    return [deed_of(entry, cycle) for entry in entries.order_by("-number")[:most]]
