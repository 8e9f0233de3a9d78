"""The what-if bench 模拟测算: today's board beside a trial, variants side by side, both as workbooks.

Every page of it computes on a copy in memory; only a variant's steps are ever kept (scoring.actions.trials).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from bonuses.policy import CAP, VETO_FIELDS
from office import ports
from office.charts import Shift, shifts
from office.fields import from_units
from office.ports import Change, Move
from office.refusal import Refused
from office.workbook.writer import write_workbook
from scoring import words_of_trials as words
from scoring.actions import trials
from scoring.engine.causes import Comparison
from scoring.forms_of_trials import WHAT_CELL, WHAT_RULE, typed_steps
from scoring.models import ScoreKind, TrialVariant
from scoring.trial_bench import Bench, bar_key, bench_of
from scoring.trial_queries import Trial, TrialBlock, require_sensible, run
from scoring.trial_steps import MOST_STEPS, Step, UnreadableStep, WeightStep, read, with_step, written
from scoring.views.downloads import attachment
from scoring.views.shared import crumbs
from scoring.words import short
from scoring.workbooks.trials import comparison_sheets, trial_sheets
from units.matrix import Role
from units.models import Block
from units.pages import PageRequest, page

MOST_COMPARED = 3
DRAWN = 20  # lines of a picture one can still follow


@page("G05")
def bench(request: PageRequest) -> HttpResponse:
    """`?step=…` are the changes so far, `?block=` the block shown, `?add=…` one more change as typed."""
    cycle = request.cycle
    year = bench_of(cycle)
    steps, unread = _steps_of(request)
    refusal: Refused | None = None
    if "add" in request.GET:
        try:
            steps = _with_typed(year, steps, request)
        except Refused as refused:
            refusal = refused
        else:
            address = _address(request, steps)
            if not request.htmx:
                return redirect(address)
    shown = _block_shown(request, year)
    trial = run(year, steps, [] if shown is None else [shown.pk])
    context = _context(request, year, steps, trial, shown)
    adding = request.GET.get("add", "")
    context |= {
        "refusal": refusal,
        "unread": unread,
        "typed": request.GET if refusal else {},
        "adding": adding,
    }
    template = "scoring/parts/trial.html" if request.htmx else "scoring/trial.html"
    answer = render(request, template, context, status=refusal.status if refusal else 200)
    if request.htmx:
        answer["HX-Push-Url"] = "false" if refusal else _address(request, steps)
    return answer


def _with_typed(year: Bench, steps: tuple[Step, ...], request: PageRequest) -> tuple[Step, ...]:
    more, gone = typed_steps(year, request.GET, steps)
    for step in more:
        require_sensible(year, step)
    kept = with_step([step for step in steps if step not in gone], more)
    if len(kept) > MOST_STEPS:
        raise Refused(
            "too-many-steps",
            _("A variant holds at most %(most)d changes.") % {"most": MOST_STEPS},
            status=422,
        )
    return kept


def _steps_of(request: PageRequest) -> tuple[tuple[Step, ...], int]:
    """The steps of the address, and how many could not be read."""
    found: list[Step] = []
    unread = 0
    for text in request.GET.getlist("step")[:MOST_STEPS]:
        try:
            found.append(read(text))
        except UnreadableStep:
            unread += 1
    return tuple(found), unread


def _block_shown(request: PageRequest, year: Bench) -> Block | None:
    wanted = request.GET.get("block", "")
    return next((b for b in year.blocks if str(b.pk) == wanted), year.blocks[0] if year.blocks else None)


def _address(request: PageRequest, steps: Iterable[Step], *, route: str = "what-if", **more: object) -> str:
    fields: list[tuple[str, object]] = []
    for key in ("block", "name"):
        value = more.pop(key, request.GET.get(key, ""))
        if value:
            fields.append((key, value))
    fields += [(key, value) for key, value in more.items() if value]
    fields += [("step", written(step)) for step in steps]
    address = reverse(route, args=[request.cycle.code])
    return f"{address}?{urlencode(fields)}" if fields else address


def _context(
    request: PageRequest, year: Bench, steps: tuple[Step, ...], trial: Trial, block: Block | None
) -> dict[str, Any]:
    cycle, places = request.cycle, year.places
    found = trial.block(block.pk) if block is not None else None
    movers = {one.block.pk: sum(c.rank_moves for c in one.comparisons) for one in trial.blocks}
    return {
        "breadcrumbs": crumbs(cycle, (_("What-if bench"), "")),
        "places": places,
        "steps": [
            {
                "written": written(step),
                "words": "" if step in trial.lost else words.say(year, step),
                "lost": step in trial.lost,
                "drop_url": _address(request, [s for n, s in enumerate(steps) if n != number]),
            }
            for number, step in enumerate(steps)
        ],
        "bench_url": reverse("what-if", args=[cycle.code]),
        "empty_url": _address(request, (), name="") if steps else "",
        "xlsx_url": _address(request, steps, route="what-if-xlsx") if steps else "",
        "save_url": reverse("what-if-save", args=[cycle.code]),
        "compare_url": reverse("what-if-compare", args=[cycle.code]),
        "name": request.GET.get("name", ""),
        "blocks": [
            {
                "name": one.name,
                "url": _address(request, steps, block=one.pk),
                "current": block is not None and one.pk == block.pk,
                "movers": movers.get(one.pk, 0),
            }
            for one in year.blocks
        ],
        "shown": block,
        "rows": [] if found is None else [_row(year, found, c) for c in found.by_place],
        "picture": "" if found is None else _picture(found),
        "place_moves": trial.place_moves,
        "award_moves": [
            {
                "award": move.where,
                "unit": move.unit,
                "before": words.award_words(move.before),
                "after": words.award_words(move.after),
            }
            for move in award_moves(year, steps, trial)
        ],
        "variants": [
            {
                "row": variant,
                "url": _variant_url(request, variant),
                "mine": variant.made_by_id == request.user.pk or request.hat.role is Role.OFFICE,
                "remove_url": reverse("what-if-remove", args=[cycle.code, variant.pk]),
            }
            for variant in TrialVariant.objects.filter(cycle=cycle).select_related("made_by")
        ],
        **_choices(year, steps, block),
    }


def award_moves(year: Bench, steps: Sequence[Step], trial: Trial) -> list[Move]:
    """Who would gain or lose an award, told by the port on the very run the page shows; none without steps."""
    if not steps:
        return []
    what = {"steps": [written(step) for step in steps], "bench": year, "trial": trial}
    moves = ports.consequences(Change("steps", year.cycle.pk, what))
    return [move for move in moves if move.aspect == "award"]


def _variant_url(request: PageRequest, variant: TrialVariant) -> str:
    fields = [("name", variant.name), *(("step", text) for text in variant.steps)]
    return f"{reverse('what-if', args=[request.cycle.code])}?{urlencode(fields)}"


def _row(year: Bench, found: TrialBlock, one: Comparison) -> dict[str, Any]:
    places = year.places
    return {
        "unit": one.unit,
        "key": one.unit_key,
        "rank_before": one.before.rank,
        "rank": one.after.rank,
        "shared": one.after.shared,
        "move": one.before.rank - one.after.rank,
        "final_before": from_units(one.before.final, places),
        "final": from_units(one.after.final, places),
        "gain": from_units(one.after.final - one.before.final, places),
        "moves": one.moves,
        "barred": not one.after.eligible,
        "reasons": words.reasons(one, places) if one.moves else [],
    }


def _picture(found: TrialBlock) -> Any:
    """Lines for the units that change place, with their neighbours while there is room."""
    moved = [c for c in found.comparisons if c.rank_moves]
    if not moved:
        return ""
    rows = sorted(moved, key=lambda c: (c.before.rank, c.order))[:DRAWN]
    return shifts(
        [Shift(c.unit, c.before.rank, c.after.rank) for c in rows],
        label=_("Places of %(block)s today and in the trial") % {"block": found.block.name},
        heads=(_("today"), _("trial")),
    )


def _choices(year: Bench, steps: Sequence[Step], block: Block | None) -> dict[str, Any]:
    """What the forms offer: rows of the block shown, papers and vetoes of the whole year."""
    sheet = year.sheets[block.pk] if block is not None else None
    units: dict[int, str] = {}
    for member in sorted(year.members.values(), key=lambda m: (m.unit.order, m.pk)):
        units.setdefault(member.unit_id, member.unit.name)
    papered = {
        m.unit_id: units[m.unit_id]
        for m in sorted(year.members.values(), key=lambda m: (m.unit.order, m.pk))
        if year.rules.joins_tracks or not m.block.is_track
    }
    return rule_choices(year, steps, block) | {
        "members": [(u.key, u.name) for u in sheet.units] if sheet else [],
        "kinds": [(k.value, k.label) for k in ScoreKind if k is not ScoreKind.SELF],
        "what_cell": WHAT_CELL,
        "papered": list(papered.items()),
        "units": list(units.items()),
        "lines": [
            (line.pk, words.line_words(line), line.points)
            for line in year.lines.values()
            if line.kind != CAP and line.scope == "综合"
        ],
        "verified": [(row.pk, words.paper_words(row)) for row in year.verified],
        "waiting": [(row.pk, words.paper_words(row)) for row in year.waiting],
        "fields": VETO_FIELDS,
        "bars": [
            ("~".join(map(str, bar_key(bar))), words.bar_words(year, bar))
            for bars in year.bars.values()
            for bar in bars
        ],
    }


def rule_choices(year: Bench, steps: Sequence[Step], block: Block | None) -> dict[str, Any]:
    """What scoring/parts/trial_rules.html offers: weights and sub-items of the block, tariff and caps of the year."""
    sheet = year.sheets[block.pk] if block is not None else None
    items = sheet.items if sheet is not None else ()
    tried = {step.item: step.points for step in steps if isinstance(step, WeightStep)}
    places = year.places
    return {
        "sub_items": [(i.name, [(s.key, s.name, short(s.base, places)) for s in i.sub_items]) for i in items],
        "what_rule": WHAT_RULE,
        "weights": [
            (i.key, i.name, short(i.weight, places), tried.get(i.key, from_units(i.weight, places)))
            for i in items
        ],
        "tariff": [(line.pk, words.line_words(line), line.points) for line in year.lines.values()],
        "pools": [(pool.pk, pool.name, pool.cap) for pool in year.pools.values()],
    }


@page("G05")
def bench_xlsx(request: PageRequest) -> HttpResponse:
    """The changes, and every block with its places before and after."""
    year = bench_of(request.cycle)
    steps, _unread = _steps_of(request)
    trial = run(year, steps)
    sheets = trial_sheets(
        year, steps, trial, award_moves(year, steps, trial), request.GET.get("name", "")[:60]
    )
    return attachment(write_workbook(sheets), f"{request.cycle.code}-{_('What-if bench')}.xlsx")


# Variants ------------------------------------------------------------------------------------------


@page("G05", methods=("POST",))
def save(request: PageRequest) -> HttpResponse:
    steps: list[Step] = []
    for text in request.POST.getlist("step")[: MOST_STEPS + 1]:
        try:
            steps.append(read(text))
        except UnreadableStep:
            continue
    name = request.POST.get("name", "")
    try:
        row = trials.save_variant(by=request.hat, cycle=request.cycle, name=name, steps=steps)
    except Refused as refusal:
        if refusal.status in {403, 404}:
            raise
        messages.error(request, str(refusal))
        return redirect(_address(request, steps, name=name[:60], block=request.POST.get("block", "")))
    messages.success(request, _("Saved as “%(name)s”. The official run is untouched.") % {"name": row.name})
    return redirect(_address(request, steps, name=row.name, block=request.POST.get("block", "")))


@page("G05", methods=("POST",))
def remove(request: PageRequest, pk: int) -> HttpResponse:
    trials.remove_variant(by=request.hat, cycle=request.cycle, variant_id=pk)
    messages.success(request, _("The variant was removed; nothing else was changed."))
    return redirect("what-if", request.cycle.code)


def _chosen(request: PageRequest) -> list[TrialVariant]:
    wanted = [int(text) for text in request.GET.getlist("v") if text.isdecimal()][:20]
    rows = {
        row.pk: row
        for row in TrialVariant.objects.filter(cycle=request.cycle, pk__in=wanted).select_related("made_by")
    }
    return [rows[pk] for pk in dict.fromkeys(wanted) if pk in rows][:MOST_COMPARED]


def steps_kept(variant: TrialVariant) -> list[Step]:
    """The variant's steps; what can no longer be read is left out."""
    found: list[Step] = []
    for text in variant.steps:
        try:
            found.append(read(str(text)))
        except UnreadableStep:
            continue
    return found


@page("G05")
def compare(request: PageRequest) -> HttpResponse:
    """`?v=` up to three times: the variants beside today, one block at a time."""
    cycle = request.cycle
    year = bench_of(cycle)
    chosen = _chosen(request)
    found = [(variant, steps_kept(variant)) for variant in chosen]
    runs = [run(year, steps) for _variant, steps in found]
    block = _block_shown(request, year)
    query = [("v", variant.pk) for variant in chosen]

    def way(route: str, **more: object) -> str:
        return f"{reverse(route, args=[cycle.code])}?{urlencode([*query, *more.items()])}"

    columns = [
        {
            "variant": variant,
            "steps": [words.say(year, step) for step in steps if step not in trial.lost],
            "lost": len(trial.lost),
            "place_moves": trial.place_moves,
            "award_moves": [
                {
                    "award": move.where,
                    "unit": move.unit,
                    "before": words.award_words(move.before),
                    "after": words.award_words(move.after),
                }
                for move in award_moves(year, steps, trial)
            ],
            "url": _variant_url(request, variant),
        }
        for (variant, steps), trial in zip(found, runs, strict=True)
    ]
    return render(
        request,
        "scoring/trial_compare.html",
        {
            "breadcrumbs": crumbs(
                cycle,
                (_("What-if bench"), reverse("what-if", args=[cycle.code])),
                (_("Variants side by side"), ""),
            ),
            "bench_url": reverse("what-if", args=[cycle.code]),
            "places": cycle.places,
            "choices": [
                (row, row in chosen)
                for row in TrialVariant.objects.filter(cycle=cycle).select_related("made_by")
            ],
            "columns": columns,
            "blocks": [
                (one.name, way("what-if-compare", block=one.pk), block is not None and one.pk == block.pk)
                for one in year.blocks
            ],
            "shown": block,
            "rows": _side_by_side(year, runs, block) if block is not None and runs else [],
            "xlsx_url": way("what-if-compare-xlsx") if runs else "",
        },
    )


def _side_by_side(year: Bench, runs: Sequence[Trial], block: Block) -> list[dict[str, Any]]:
    by_run = [{c.unit_key: c for c in trial.block(block.pk).comparisons} for trial in runs]
    today = sorted(by_run[0].values(), key=lambda c: (c.before.rank, c.order))
    return [
        {
            "unit": one.unit,
            "rank": one.before.rank,
            "shared": one.before.shared,
            "final": from_units(one.before.final, year.places),
            "trials": [
                {
                    "rank": found[one.unit_key].after.rank,
                    "shared": found[one.unit_key].after.shared,
                    "move": one.before.rank - found[one.unit_key].after.rank,
                    "final": from_units(found[one.unit_key].after.final, year.places),
                    "gain": from_units(
                        found[one.unit_key].after.final - found[one.unit_key].before.final, year.places
                    ),
                    "barred": not found[one.unit_key].after.eligible,
                }
                for found in by_run
            ],
        }
        for one in today
    ]


@page("G05")
def compare_xlsx(request: PageRequest) -> HttpResponse:
    year = bench_of(request.cycle)
    found = [(variant.name, steps_kept(variant)) for variant in _chosen(request)]
    runs = [(name, steps, run(year, steps)) for name, steps in found]
    awards = [(name, award_moves(year, steps, trial)) for name, steps, trial in runs]
    sheets = comparison_sheets(year, runs, awards)
    return attachment(write_workbook(sheets), f"{request.cycle.code}-{_('Variants side by side')}.xlsx")
