"""Every route carries its row of the matrix, and every role meets on it what the row says.

What an act about one unit or one sub-item adds is tested beside the action.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from appraisal_site.deeds import WORDS
from office.models import AuditEntry, User
from tests.cast import Cast
from units import matrix, stages
from units.matrix import Role
from units.models import Cycle
from units.pages import READ_BY_STAGE
from units.stages import Stage

ROOT = Path(__file__).resolve().parent.parent
WITHOUT_A_ROW = ("admin/", "static/", "media/")  # the admin asks its own permissions, row L11

PERSON_OF_ROLE = {
    Role.ANONYMOUS: "",
    Role.OFFICIAL: "official_青山乡",
    Role.PRINCIPAL: "principal_青山乡",
    Role.LEAD: "lead_市信访局",
    Role.REVIEWER: "reviewer1",
    Role.OFFICE: "office1",
    Role.LEADING_GROUP: "leader1",
    Role.CITY_LEADER: "mayor",
    Role.ORGANIZATION: "archive",
    Role.SYSTEM: "sysadmin",
    Role.SECURITY: "secadmin",
    Role.AUDITOR: "auditor",
}


@dataclass(frozen=True)
class Route:
    path: str
    name: str
    rows: tuple[str, ...]
    of_year: bool
    methods: tuple[str, ...]  # GET, of views that are not behind @page


def _leaves(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _leaves(pattern.url_patterns, path)
        else:
            yield path, pattern


def _rows_of(pattern: URLPattern) -> tuple[str, ...]:
    """The rows on a view: a page carries one, an API view one or several for each method."""
    view = pattern.callback
    carried = getattr(view, "permission_row", None) or getattr(
        getattr(view, "cls", None), "permission_row", None
    )
    if isinstance(carried, str):
        return (carried,)
    if isinstance(carried, tuple):
        return carried
    if not carried:
        return ()
    rows: list[str] = []
    for one in carried.values():
        rows += [one] if isinstance(one, str) else list(one)
    return tuple(rows)


def routes() -> list[Route]:
    return [
        Route(
            path,
            pattern.name or "",
            _rows_of(pattern),
            path.startswith("years/"),
            getattr(pattern.callback, "methods", ("GET",)),
        )
        for path, pattern in _leaves(get_resolver().url_patterns)
        if not path.lstrip("^").startswith(WITHOUT_A_ROW)
    ]


def pages() -> list[Route]:
    """Everything but the API, and but signing out and the language, which are Django's own and take posts."""
    return [r for r in routes() if not r.path.startswith("api/") and r.name not in {"logout", "language"}]


def test_every_route_carries_a_row_of_the_matrix() -> None:
    without = [route.path for route in routes() if not route.rows]
    unknown = [route.path for route in routes() if set(route.rows) - set(matrix.load())]

    assert (without, unknown) == ([], [])


def plain() -> list[Route]:
    """Pages one can open whose address names nothing but the year: there the role alone decides."""
    return [r for r in pages() if "GET" in r.methods and "<" not in r.path.replace("<str:code>", "")]


def _address(route: Route) -> str:
    """The page's address with the year 2012 and, for whatever else it names, something that is not there."""
    values: dict[str, object] = {
        name: 987654321 if kind == "int" else "没有的"
        for kind, name in re.findall(r"<(\w+):(\w+)>", route.path)
    }
    if "kind" in values:
        values["kind"] = "lead"
    return reverse(route.name, kwargs=values | ({"code": "2012"} if route.of_year else {}))


def _client(cast: Cast, role: Role) -> Client:
    client = Client()
    if PERSON_OF_ROLE[role]:
        client.force_login(
            cast.people[PERSON_OF_ROLE[role]], backend="django.contrib.auth.backends.ModelBackend"
        )
    return client


def _expected(route: Route, role: Role, stage: Stage) -> set[str]:
    """What the row allows the page to answer; a form may or may not be shown before its stage is open."""
    row = next((one for one in route.rows if not matrix.grant(one, role).is_denied), route.rows[0])
    grant = matrix.grant(row, role)
    if grant.is_denied:
        return {"to sign in" if role is Role.ANONYMOUS else "denied"}
    if grant.published and stage not in stages.AFTER_PUBLICATION:
        return {"not found"}
    if row == "E14":  # on behalf: open in many stages, the act entered keeps its own
        return {"allowed", "not yet"}
    if grant.in_stage and stage not in stages.OPEN_IN[row]:
        return {"not yet"} if row in READ_BY_STAGE else {"not yet", "allowed"}
    return {"allowed"}


def _met(client: Client, route: Route, method: str = "GET") -> str:
    answer = client.generic(method, _address(route))
    if answer.status_code == 302:
        return "to sign in" if answer["Location"].startswith("/login/") else "allowed"
    return {200: "allowed", 403: "denied", 404: "not found", 409: "not yet"}[answer.status_code]


@pytest.mark.parametrize("role", list(Role))
def test_a_role_meets_on_every_page_what_its_row_says(cast: Cast, role: Role) -> None:
    client = _client(cast, role)

    for stage in (Stage.PRELIMINARY_REVIEW, Stage.HEARING, Stage.PUBLISHED):
        cast.at(stage)
        met = {route.name: _met(client, route) for route in plain()}

        wrong = {r.name: met[r.name] for r in plain() if met[r.name] not in _expected(r, role, stage)}
        assert wrong == {}, stage


@pytest.mark.parametrize("role", list(Role))
def test_a_denied_role_is_turned_away_before_its_object_is_even_looked_for(cast: Cast, role: Role) -> None:
    client = _client(cast, role)
    denied = [r for r in pages() if all(matrix.grant(row, role).is_denied for row in r.rows)]

    met = {r.name: _met(client, r, r.methods[-1]) for r in denied}

    turned_away = "to sign in" if role is Role.ANONYMOUS else "denied"
    assert met == {r.name: turned_away for r in denied}


def test_posts_are_denied_like_pages_and_the_denial_is_logged(cast: Cast) -> None:
    client = _client(cast, Role.OFFICIAL)

    answers = [
        client.post(reverse("log-verify")).status_code,
        client.post(reverse("move", args=["2012"]), {"stage": "onsite-review", "reason": "急"}).status_code,
    ]

    assert answers == [403, 403]
    logged = AuditEntry.objects.filter(act="denied").order_by("number")
    assert [entry.user_id_text for entry in logged] == ["official_青山乡"] * 2
    assert "/years/2012/move/" in logged[1].details


def test_a_rival_unit_meets_the_same_404_as_a_unit_that_does_not_exist(cast: Cast) -> None:
    cast.at(Stage.RESULTS)
    client = _client(cast, Role.OFFICIAL)

    rival = client.get(reverse("unit-sheet", args=["2012", "白水乡"]))
    nobody = client.get(reverse("unit-sheet", args=["2012", "没有这个乡"]))

    assert (rival.status_code, nobody.status_code) == (404, 404)
    assert "白水乡" not in rival.content.decode()


def test_a_year_that_does_not_exist_is_404_and_a_year_of_others_is_denied(cast: Cast) -> None:
    Cycle.objects.create(code="2012-农业局", name="村考", year=2012, host=cast.units["考评办"])
    client = _client(cast, Role.OFFICE)

    assert client.get("/years/1999/").status_code == 404
    assert client.get("/years/2012-农业局/").status_code == 403


def test_a_person_without_a_role_reads_help_but_no_year(cast: Cast) -> None:
    client = Client()
    client.force_login(
        User.objects.create(username="newcomer"), backend="django.contrib.auth.backends.ModelBackend"
    )

    assert client.get(reverse("home")).status_code == 200
    assert client.get(reverse("help")).status_code == 200
    assert client.get(reverse("year", args=["2012"])).status_code == 403


def test_every_recorded_act_has_its_words() -> None:
    recorded = {
        text
        for app in ("office", "units", "bonuses", "scoring", "awards", "appraisal_site")
        for path in (ROOT / app).rglob("*.py")
        for text in _recorded_in(path)
    }

    assert recorded - set(WORDS) == set()


def _recorded_in(path: Path) -> Iterator[str]:
    """The second argument of every call of audit.record(): texts, a choice of texts, or a name that is given some."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    given = _texts_given(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or len(node.args) < 2:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name != "record":
            continue
        for part in ast.walk(node.args[1]):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value
            elif isinstance(part, ast.Name):
                yield from (
                    text for text in given.get(part.id, ()) if re.fullmatch(r"[a-z-]+\.[a-z-]+", text)
                )


def _texts_given(tree: ast.Module) -> dict[str, set[str]]:
    """Name → every text the module assigns to it."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            pairs = (
                zip(target.elts, node.value.elts, strict=False)
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
                else [(target, node.value)]
            )
            for named, value in pairs:
                if isinstance(named, ast.Name):
                    found.setdefault(named.id, set()).update(
                        part.value
                        for part in ast.walk(value)
                        if isinstance(part, ast.Constant) and isinstance(part.value, str)
                    )
    return found
