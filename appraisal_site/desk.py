"""The desk of each role: what awaits the person, until when; a few figures; what lies at hand.

Every answer is asked of the apps' queries for the hat worn; nothing here writes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appraisal_site import procedure
from appraisal_site.sections import way, year_way
from office.models import AuditEntry, Job, JobState, Notice, SystemRole, SystemRoleKind, User
from office.views import worker_state
from scoring import readiness
from scoring.models import RuleSource, ScoreKind, SubItem
from units import queries
from units.actions.cycle import next_stage
from units.calendar import Window
from units.hats import Hat
from units.matrix import Role
from units.models import STAGE_LABELS, Cycle, Membership, RoleAssignment, Unit
from units.permissions import may
from units.stages import Stage

SOON = timedelta(days=3)
FAILED_SINCE = timedelta(days=7)
Tile = tuple[str, object, str]
Shortcut = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that awaits somebody; `due` None when no day was set for it."""

    title: str
    sentence: str
    url: str
    verb: str
    due: datetime | None = None
    count: int | None = None
    tone_word: str = ""
    tone: str = "off"

    @property
    def left(self) -> str:
        return queries.time_left(self.due, short=True) if self.due is not None else ""


def task(
    title: str, sentence: str, url: str, verb: str, *, due: datetime | None = None, count: int | None = None
) -> Task:
    """A task with its light: red when its day is past, amber within three days, green before."""
    now = timezone.now()
    if due is None:
        tone, word = "off", _("open")
    elif due < now:
        tone, word = "red", _("overdue")
    elif due - now < SOON:
        tone, word = "amber", _("due soon")
    else:
        tone, word = "green", _("in time")
    return Task(title, sentence, url, verb, due, count, word, tone)


@dataclass(slots=True)
class Desk:
    tasks: list[Task] = field(default_factory=list)
    tiles: list[Tile] = field(default_factory=list)
    shortcuts: list[Shortcut] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose desk it is, of which year, with the year's windows at hand."""

    hat: Hat
    cycle: Cycle
    windows: dict[Stage, Window]

    def until(self, stage: Stage) -> datetime | None:
        window = self.windows.get(stage)
        return window.closes_at if window is not None else None

    def way(self, route: str, **arguments: str) -> str:
        """The page where it is done; the year's page while it has none of its own."""
        return year_way(self.cycle, route, **arguments) or year_way(self.cycle, "year")


def desk_of(hat: Hat | None, cycle: Cycle | None) -> Desk:
    """What lies on the desk of this hat in that year; without a hat nothing but help."""
    desk = Desk()
    if hat is None:
        return desk
    if hat.role in OUTSIDE_CYCLES:
        OUTSIDE_CYCLES[hat.role](desk, hat)
    elif cycle is not None:
        sight = Sight(hat, cycle, queries.windows_of(cycle))
        WITHIN_CYCLE[hat.role](desk, sight)
        _at_hand(desk, sight)
    unread = Notice.objects.filter(user=hat.user, read_at=None).count()
    if unread:
        desk.tasks.append(
            task(
                _("Notices"),
                ngettext("%(count)d notice is unread.", "%(count)d notices are unread.", unread)
                % {"count": unread},
                way("inbox"),
                _("Read"),
                count=unread,
            )
        )
    desk.tasks.sort(key=lambda one: (one.due is None, one.due or timezone.now()))
    desk.shortcuts.append((_("Help"), way("help"), _("a short guide for your role")))
    return desk


def _at_hand(desk: Desk, sight: Sight) -> None:
    hat, cycle = sight.hat, sight.cycle
    for label, route, row, note in [
        (_("Board"), "board", "G02", _("places of every block")),
        (_("On the phone"), "call", "L15", _("three letters of a unit are enough")),
        (_("The plan"), "plan", "B01", _("weights, items, lead units")),
        (_("The year"), "year", "B01", _("stages and windows")),
    ]:
        url = year_way(cycle, route)
        if url and may(row, hat, cycle):
            desk.shortcuts.append((label, url, note))


def _office(desk: Desk, sight: Sight) -> None:
    cycle, hat = sight.cycle, sight.hat
    stage = cycle.stage_now
    _stand_ins(desk, sight)
    _proposals(desk, sight, Q() & ~Q(proposed_by=hat.user))
    waiting = list(readiness.previews(cycle).values_list("file__name", flat=True))
    if waiting:
        desk.tasks.append(
            task(
                _("Workbooks to confirm"),
                _("Read but not taken in yet: %(names)s") % {"names": "、".join(readiness.naming(waiting))},
                sight.way("imports"),
                _("Confirm"),
                due=sight.until(stage),
                count=len(waiting),
            )
        )
    missing = readiness.missing_by_block(cycle)
    if stage.position >= Stage.PRELIMINARY_REVIEW.position and stage.position < Stage.PUBLISHED.position:
        for block in missing:
            if block.count:
                _missing_cells(desk, sight, block)
    failed = Job.objects.filter(
        state__in=[JobState.FAILED, JobState.LOST], created_at__gt=timezone.now() - FAILED_SINCE
    ).filter(Q(cycle_code=cycle.code) | Q(cycle_code=""))
    if count := failed.count():
        desk.tasks.append(
            task(
                _("Failed jobs"),
                _("The latest: %(title)s") % {"title": failed[0].title},
                way("jobs") or sight.way("year"),
                _("Look"),
                count=count,
            )
        )
    _move_on(desk, sight)
    units = Unit.objects.filter(memberships__block__cycle=cycle).distinct().count()
    cells = readiness.cells_asked(cycle).count()
    lacking = sum(block.count for block in missing)
    desk.tiles += [
        (_("Units appraised"), units, _("in %(count)d blocks") % {"count": len(missing)}),
        (_("Cells scored"), f"{cells - lacking} / {cells}", _percent(cells - lacking, cells)),
        (_("Missing"), lacking, _("cells without a score")),
        (_("“Not involved” proposed"), readiness.proposals(cycle).count(), _("awaiting a second person")),
    ]


def _percent(part: int, whole: int) -> str:
    return f"{part * 100 // whole}%" if whole else ""


def _stand_ins(desk: Desk, sight: Sight) -> None:
    cycle = sight.cycle
    if not may("B04", sight.hat, cycle):
        return
    units = Unit.objects.filter(memberships__block__cycle=cycle, is_stand_in=True).distinct().count()
    rules = SubItem.objects.filter(item__block__cycle=cycle, source=RuleSource.STAND_IN).count()
    if units or rules:
        desk.tasks.append(
            task(
                _("Stand-in data to confirm"),
                _("%(units)d unit names and %(rules)d sub-items are stand-ins for what the plan leaves open.")
                % {"units": units, "rules": rules},
                sight.way("plan"),
                _("Confirm"),
                due=sight.until(Stage.SET_UP),
                count=units + rules,
            )
        )


def _proposals(desk: Desk, sight: Sight, whose: Q) -> None:
    if not may("E08", sight.hat, sight.cycle):
        return
    cells = list(
        readiness.proposals(sight.cycle).filter(whose).select_related("membership__unit", "sub_item", "block")
    )
    if cells:
        names = readiness.naming(f"{c.membership.unit.name} · {c.sub_item.name}" for c in cells)
        desk.tasks.append(
            task(
                _("“Not involved” to decide"),
                _("Proposed by somebody else: %(names)s") % {"names": "、".join(names)},
                sight.way("matrix", name=cells[0].block.name),
                _("Decide"),
                due=sight.until(sight.cycle.stage_now),
                count=len(cells),
            )
        )


def _missing_cells(desk: Desk, sight: Sight, missing: readiness.Missing) -> None:
    items = "、".join(
        f"{name} {count}" for name, count in sorted(missing.by_sub_item.items(), key=lambda one: -one[1])[:3]
    )
    desk.tasks.append(
        task(
            _("Missing scores: %(block)s") % {"block": missing.block.name},
            ngettext(
                "%(count)d unit; most in %(items)s", "%(count)d units; most in %(items)s", len(missing.units)
            )
            % {"count": len(missing.units), "items": items},
            sight.way("matrix", name=missing.block.name),
            _("Fill"),
            due=sight.until(
                sight.cycle.stage_now
                if sight.cycle.stage_now.position <= Stage.ONSITE_REVIEW.position
                else Stage.ONSITE_REVIEW
            ),
            count=missing.count,
        )
    )


def _move_on(desk: Desk, sight: Sight) -> None:
    due = sight.until(sight.cycle.stage_now)
    following = next_stage(sight.cycle.stage_now)
    if due is None or following is None or due > timezone.now() + SOON:
        return
    lacks = procedure.lacks_before(sight.cycle, following)
    desk.tasks.append(
        task(
            _("Move the year on"),
            ngettext(
                "Before “%(stage)s” %(count)d thing is not ready.",
                "Before “%(stage)s” %(count)d things are not ready.",
                len(lacks),
            )
            % {"stage": STAGE_LABELS[following], "count": len(lacks)},
            sight.way("year"),
            _("Look"),
            due=due,
        )
    )


def _lead(desk: Desk, sight: Sight) -> None:
    """Own sub-items: how many units still have no lead score, and until when."""
    cycle, unit_id = sight.cycle, sight.hat.unit_id
    if unit_id is None:
        return
    led = readiness.led_sub_items(cycle, unit_id)
    tied = sight.hat.tied_unit_ids(cycle.pk)
    asked = readiness.cells_asked(cycle).filter(sub_item__in=led).exclude(membership__unit__in=tied)
    rows = list(
        asked.values_list("sub_item__name", "block__name")
        .annotate(
            every=Count("pk", distinct=True),
            scored=Count("pk", distinct=True, filter=Q(scores__kind=ScoreKind.LEAD)),
        )
        .order_by("block__order", "sub_item__order")
    )
    total = sum(every for _sub, _block, every, _scored in rows)
    done = sum(scored for *_names, scored in rows)
    started = cycle.stage_now.position >= Stage.PRELIMINARY_REVIEW.position
    open_now = may("E03", sight.hat, cycle)
    for sub, block, every, scored in rows:
        if every == scored or not started or not open_now:
            continue
        desk.tasks.append(
            task(
                _("Lead scores: %(sub)s") % {"sub": sub},
                _("%(block)s: %(done)d of %(all)d units are scored.")
                % {"block": block, "done": scored, "all": every},
                sight.way("imports"),
                _("Send scores"),
                due=sight.until(Stage.PRELIMINARY_REVIEW),
                count=every - scored,
            )
        )
    if not started and total:
        desk.tasks.append(_not_yet(sight, Stage.PRELIMINARY_REVIEW, _("Lead scores"), total))
    desk.tiles += [
        (_("Own sub-items"), len({(s, b) for s, b, _e, _d in rows}), ""),
        (_("Units scored"), f"{done} / {total}", _percent(done, total)),
    ]


def _not_yet(sight: Sight, stage: Stage, what: str, count: int) -> Task:
    window = sight.windows.get(stage)
    opens = (
        _("opens on %(day)s") % {"day": window.opens_on}
        if window is not None
        else _("opens when the office moves the year on")
    )
    return Task(
        _("Ahead: %(what)s") % {"what": what},
        _("“%(stage)s” %(opens)s; %(count)d cells are yours.")
        % {"stage": STAGE_LABELS[stage], "opens": opens, "count": count},
        sight.way("year"),
        _("Look"),
        window.closes_at if window is not None else None,
        None,
        _("not yet open"),
        "off",
    )


def _reviewer(desk: Desk, sight: Sight) -> None:
    """The own team's units and their open cells."""
    cycle = sight.cycle
    units = sight.hat.team_unit_ids(cycle.pk)
    kind = ScoreKind.ONSITE if cycle.stage_now is Stage.ONSITE_REVIEW else ScoreKind.PRELIMINARY
    rows = (
        readiness.unscored(cycle, kind)
        .filter(membership__unit__in=units)
        .values_list("membership__unit__name", "block__name")
        .annotate(count=Count("pk"))
        .order_by("-count", "membership__unit__order")
    )
    todo = list(rows)
    if may("E02" if kind is ScoreKind.ONSITE else "E01", sight.hat, cycle):
        label = STAGE_LABELS[Stage.ONSITE_REVIEW if kind is ScoreKind.ONSITE else Stage.PRELIMINARY_REVIEW]
        desk.tasks += [
            task(
                f"{unit} · {label}",
                ngettext("%(block)s: %(count)d cell is open.", "%(block)s: %(count)d cells are open.", count)
                % {"block": block, "count": count},
                sight.way("matrix", name=block),
                _("Enter scores"),
                due=sight.until(cycle.stage_now),
                count=count,
            )
            for unit, block, count in todo
        ]
    elif units and cycle.stage_now.position < Stage.PRELIMINARY_REVIEW.position:
        desk.tasks.append(
            _not_yet(sight, Stage.PRELIMINARY_REVIEW, _("Preliminary review"), sum(n for _u, _b, n in todo))
        )
    desk.tiles += [
        (_("Own units"), len(units), _("of my teams")),
        (_("Open cells"), sum(count for _unit, _block, count in todo), str(STAGE_LABELS[cycle.stage_now])),
    ]


def _unit(desk: Desk, sight: Sight) -> None:
    """The own unit: where it stands in the year; from the results on its own sheet."""
    cycle, unit = sight.cycle, sight.hat.unit
    if unit is None:
        return
    progress = readiness.progress_of(cycle, unit.pk)
    asked = sum(row.by_kind[ScoreKind.SELF].asked for row in progress)
    done = sum(row.by_kind[ScoreKind.SELF].done for row in progress)
    if cycle.stage_now.position < Stage.SELF_ASSESSMENT.position and asked:
        desk.tasks.append(_not_yet(sight, Stage.SELF_ASSESSMENT, _("Self-assessment"), asked))
    elif cycle.stage_now is Stage.SELF_ASSESSMENT and done < asked:
        desk.tasks.append(
            task(
                _("Self-assessment"),
                _("%(done)d of %(all)d sub-items are assessed; the appraisal office takes the sheet in.")
                % {"done": done, "all": asked},
                sight.way("year"),
                _("Look"),
                due=sight.until(Stage.SELF_ASSESSMENT),
                count=asked - done,
            )
        )
    for opened in queries.open_reopenings(cycle, unit.pk):
        desk.tasks.append(
            task(
                _("Reopened: %(stage)s") % {"stage": opened.get_stage_display()},
                opened.reason,
                sight.way("year"),
                _("Look"),
                due=opened.until,
            )
        )
    if may("G03", sight.hat, cycle, unit_id=unit.pk):
        desk.tasks.append(
            task(
                _("Your unit's result"),
                _("Score, place and every deduction can be read; the principal may question it in writing."),
                sight.way("unit-sheet", name=unit.name),
                _("Read"),
                due=sight.until(Stage.RESULTS) if cycle.stage_now is Stage.RESULTS else None,
            )
        )
    blocks = [row.membership.block.name for row in progress]
    desk.tiles += [
        (_("Own unit"), unit.short_name or unit.name, "、".join(blocks)),
        (_("Self-assessment"), f"{done} / {asked}", _percent(done, asked)),
        (_("The year stands at"), str(STAGE_LABELS[cycle.stage_now]), ""),
    ]


def _leader(desk: Desk, sight: Sight) -> None:
    """The board when it may be read, and how far the year is."""
    cycle = sight.cycle
    missing = readiness.missing_by_block(cycle)
    lacking = sum(block.count for block in missing)
    if may("G02", sight.hat, cycle):
        held = readiness.held_lacks(cycle, signable=True)
        desk.tasks.append(
            task(
                _("Board"),
                _("The result as it stands: %(missing)d cells missing, %(held)d open questions.")
                % {"missing": lacking, "held": len(held)},
                sight.way("board"),
                _("Read"),
                due=sight.until(cycle.stage_now),
            )
        )
    else:
        desk.tasks.append(
            Task(
                _("Ahead: %(what)s") % {"what": _("Board")},
                _("Totals and places open to you with the hearing; the year stands at “%(stage)s”.")
                % {"stage": STAGE_LABELS[cycle.stage_now]},
                sight.way("year"),
                _("Look"),
                sight.windows[Stage.HEARING].opens_at if Stage.HEARING in sight.windows else None,
                None,
                _("not yet open"),
            )
        )
    cells = readiness.cells_asked(cycle).count()
    desk.tiles += [
        (
            _("Units appraised"),
            Membership.objects.filter(block__cycle=cycle).values("unit").distinct().count(),
            _("in %(count)d blocks") % {"count": len(missing)},
        ),
        (_("Cells scored"), f"{cells - lacking} / {cells}", _percent(cells - lacking, cells)),
        (
            _("The year stands at"),
            str(STAGE_LABELS[cycle.stage_now]),
            _("stage %(n)d of 11") % {"n": cycle.stage_now.position},
        ),
    ]


def _organization(desk: Desk, sight: Sight) -> None:
    stage = sight.cycle.stage_now
    desk.tasks.append(
        Task(
            _("Ahead: %(what)s") % {"what": _("filing")},
            _("The package comes to you once the result is published; the year stands at “%(stage)s”.")
            % {"stage": STAGE_LABELS[stage]},
            sight.way("year"),
            _("Look"),
            sight.until(Stage.FILED),
            None,
            _("not yet open"),
        )
    )
    desk.tiles.append((_("The year stands at"), str(STAGE_LABELS[stage]), ""))


def _auditor(desk: Desk, hat: Hat) -> None:
    """The log: how long, what was denied, when the chain was last verified."""
    newest = AuditEntry.objects.order_by("-number").values_list("number", flat=True).first() or 0
    verified = AuditEntry.objects.filter(act="log.verified").first()
    week = timezone.now() - timedelta(days=7)
    denied = AuditEntry.objects.filter(act="denied", at__gt=week).count()
    if verified is None or verified.at < week:
        desk.tasks.append(
            task(
                _("Verify the chain of the log"),
                _("It was never verified.")
                if verified is None
                else _("Last verified up to entry %(number)d.") % {"number": verified.number - 1},
                way("log"),
                _("Verify"),
                due=None if verified is None else verified.at + timedelta(days=7),
            )
        )
    if denied:
        desk.tasks.append(
            task(
                _("Denied acts"),
                ngettext(
                    "%(count)d act was denied in the last seven days.",
                    "%(count)d acts were denied in the last seven days.",
                    denied,
                )
                % {"count": denied},
                f"{way('log')}?act=denied",
                _("Look"),
                count=denied,
            )
        )
    desk.tiles += [
        (_("Log entries"), newest, ""),
        (_("Denied in seven days"), denied, ""),
        (
            _("Chain"),
            _("verified") if verified is not None else _("not verified"),
            f"{timezone.localtime(verified.at):%Y-%m-%d %H:%M}" if verified is not None else "",
        ),
    ]


def _accounts(desk: Desk) -> None:
    people = User.objects.filter(is_active=True)
    desk.tiles += [
        (_("Accounts"), people.count(), _("active")),
        (_("Never signed in"), people.filter(last_login=None).count(), ""),
    ]


def _system(desk: Desk, hat: Hat) -> None:
    """Accounts, locks, the worker, failed jobs."""
    _accounts(desk)
    locked = AccessAttempt.objects.filter(failures_since_start__gte=settings.AXES_FAILURE_LIMIT).count()
    if locked:
        desk.tasks.append(
            task(
                _("Locked sign-ins"),
                ngettext("%(count)d account is locked.", "%(count)d accounts are locked.", locked)
                % {"count": locked},
                way("admin:index"),
                _("Unlock"),
                count=locked,
            )
        )
    if worker_state() == "behind":
        desk.tasks.append(
            task(
                _("The worker is behind"),
                _("Work has waited longer than a minute; please see whether the worker runs."),
                way("health"),
                _("Look"),
            )
        )
    failed = Job.objects.filter(
        state__in=[JobState.FAILED, JobState.LOST], created_at__gt=timezone.now() - FAILED_SINCE
    )
    if count := failed.count():
        desk.tasks.append(
            task(
                _("Failed jobs"),
                _("The latest: %(title)s") % {"title": failed[0].title},
                way("jobs") or way("admin:index"),
                _("Look"),
                count=count,
            )
        )
    desk.tiles.append((_("Worker"), _("behind") if worker_state() == "behind" else _("in order"), ""))


def _security(desk: Desk, hat: Hat) -> None:
    """Accounts without a role, system roles nobody holds or that are held beside others."""
    _accounts(desk)
    bare = User.objects.filter(is_active=True, is_superuser=False, roles=None, system_roles=None)
    if count := bare.count():
        desk.tasks.append(
            task(
                _("Accounts without a role"),
                "、".join(readiness.naming(str(user) for user in bare)),
                way("admin:index"),
                _("Grant"),
                count=count,
            )
        )
    held = set(SystemRole.objects.values_list("kind", flat=True))
    for kind in SystemRoleKind:
        if kind not in held:
            desk.tasks.append(
                task(
                    _("Nobody is %(role)s") % {"role": kind.label},
                    _("The three system roles are three persons."),
                    way("admin:index"),
                    _("Grant"),
                )
            )
    both = User.objects.filter(system_roles__isnull=False, roles__isnull=False).distinct()
    if count := both.count():
        desk.tasks.append(
            task(
                _("System roles beside others"),
                "、".join(readiness.naming(str(user) for user in both)),
                way("admin:index"),
                _("Look"),
                count=count,
            )
        )
    desk.tiles.append((_("Roles granted"), RoleAssignment.objects.count() + len(held), ""))


WITHIN_CYCLE: dict[Role, Callable[[Desk, Sight], None]] = {
    Role.OFFICE: _office,
    Role.LEAD: _lead,
    Role.REVIEWER: _reviewer,
    Role.OFFICIAL: _unit,
    Role.PRINCIPAL: _unit,
    Role.LEADING_GROUP: _leader,
    Role.CITY_LEADER: _leader,
    Role.ORGANIZATION: _organization,
}
OUTSIDE_CYCLES: dict[Role, Callable[[Desk, Hat], None]] = {
    Role.AUDITOR: _auditor,
    Role.SYSTEM: _system,
    Role.SECURITY: _security,
}
