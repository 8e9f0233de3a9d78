"""Every API method × the twelve roles, as the matrix says; a method without its row fails.

What an answer holds for whom is in test_cells.py and test_standings.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, get_resolver

from appraisal_site import api_urls
from office.models import AuditEntry, Job
from tests.api.conftest import SignIn
from tests.cast import Cast
from units import matrix
from units.matrix import Role
from units.stages import Stage

WHO = {
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
# name → method, address (with the cast's numbers put in), rows one of which must let the role through
METHODS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "api-cycle-list": ("get", "cycles/", ("B01",)),
    "api-cycle-detail": ("get", "cycles/2012/", ("B01",)),
    "api-block-list": ("get", "blocks/", ("B01",)),
    "api-block-detail": ("get", "blocks/{block}/", ("B01",)),
    "api-unit-list": ("get", "units/", ("B01",)),
    "api-unit-detail": ("get", "units/{unit}/", ("B01",)),
    "api-item-list": ("get", "items/", ("B01",)),
    "api-item-detail": ("get", "items/{item}/", ("B01",)),
    "api-cell-list": ("get", "cells/", ("E05", "G03", "D01")),
    "api-cell-detail": ("get", "cells/{cell}/", ("E05", "G03", "D01")),
    "api-cell-detail patch": ("patch", "cells/{cell}/", ("E01", "E02", "E03", "E08", "D02")),
    "api-job-list": ("get", "jobs/", ("L14",)),
    "api-job-detail": ("get", "jobs/{job}/", ("L14",)),
    "api-job-cancel": ("post", "jobs/{job}/cancel/", ("L14",)),
    "api-standings": ("get", "cycles/2012/standings/", ("G02", "A02", "G03")),
    "api-trace": ("get", "cycles/2012/traces/青山乡/", ("G02", "G03")),
    "api-adjustment-list": ("get", "adjustments/", ("F03",)),
    "api-adjustment-list post": ("post", "adjustments/", ("F01",)),
    "api-adjustment-detail": ("get", "adjustments/0/", ("F03",)),
    "api-adjustment-verify": ("post", "adjustments/0/verify/", ("F02",)),
    "api-adjustment-reject": ("post", "adjustments/0/reject/", ("F02",)),
    "api-ledger-list": ("get", "ledgers/", ("C04",)),
    "api-ledger-list post": ("post", "ledgers/", ("C03",)),
    "api-ledger-detail": ("get", "ledgers/0/", ("C04",)),
    "api-ledger-line-list": ("get", "ledger-lines/", ("C04",)),
    "api-ledger-line-detail": ("get", "ledger-lines/0/", ("C04",)),
    "api-edition-list": ("get", "editions/", ("A02",)),
    "api-edition-detail": ("get", "editions/0/", ("A02",)),
    "api-edition-standing": ("get", "editions/0/standing/", ("A02",)),
    "api-edition-file": ("get", "editions/0/files/notice.pdf/", ("A02",)),
    "api-award-list": ("get", "awards/", ("J03",)),
    "api-award-detail": ("get", "awards/0/", ("J03",)),
    "api-simulation": ("get", "cycles/2012/awards/", ("G02",)),
    "api-appeal-list": ("get", "appeals/", ("H03", "H05")),
    "api-appeal-list post": ("post", "appeals/", ("H01",)),
    "api-appeal-detail": ("get", "appeals/0/", ("H03", "H05")),
    "api-appeal-file": ("post", "appeals/0/file/", ("H02",)),
    "api-commitment-list": ("get", "commitments/", ("D01",)),
    "api-commitment-list post": ("post", "commitments/", ("D09",)),
    "api-commitment-detail": ("get", "commitments/0/", ("D01",)),
    "api-commitment-sign": ("post", "commitments/0/sign/", ("D10",)),
    "api-progress-report-list": ("get", "progress-reports/", ("D01",)),
    "api-progress-report-list post": ("post", "progress-reports/", ("D12",)),
    "api-self-assessment-list": ("get", "self-assessments/", ("D01",)),
    "api-self-assessment-detail": ("get", "self-assessments/0/", ("D01",)),
    "api-self-assessment-submit": ("post", "self-assessments/0/submit/", ("D03",)),
    "api-self-assessment-withdraw": ("post", "self-assessments/0/withdraw/", ("D04",)),
    "api-self-line-list": ("get", "self-lines/", ("D01",)),
    "api-self-line-detail": ("get", "self-lines/{cell}/", ("D01",)),
    "api-self-line-detail patch": ("patch", "self-lines/{cell}/", ("D02",)),
    "api-visit-list": ("get", "visits/", ("E05",)),
    "api-visit-list post": ("post", "visits/", ("E11",)),
    "api-visit-detail": ("get", "visits/0/", ("E05",)),
    "api-visit-detail patch": ("patch", "visits/0/", ("E02",)),
    "api-visit-sign": ("post", "visits/0/sign/", ("E12",)),
    "api-distortion": ("get", "cycles/2012/distortion/", ("E13",)),
    "api-detailed-rule-list": ("get", "detailed-rules/", ("B01",)),
    "api-schema": ("get", "schema/", ("A04",)),
    "api-docs": ("get", "docs/", ("A04",)),
    "api-nothing": ("get", "nothing/", ("A04",)),
}


def address(cast: Cast, path: str) -> str:
    numbers = {
        "block": cast.blocks["乡镇口"].pk,
        "unit": cast.units["青山乡"].pk,
        "item": cast.subs["乡镇口", "信访"].item_id,
        "cell": cast.cell("青山乡", "信访").pk,
        "job": 0,
    }
    return "/api/v1/" + path.format(**numbers)


def routes() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each route below /api/v1/ with its methods and the row each carries."""
    for pattern in api_urls.urlpatterns:
        assert isinstance(pattern, URLPattern)
        view: Any = pattern.callback
        name = str(pattern.name)
        if hasattr(view, "actions") and view.actions:  # a viewset
            methods = {method: action for method, action in view.actions.items() if method != "head"}
            yield name, {method: view.cls.permission_row.get(action) for method, action in methods.items()}
        elif hasattr(view, "cls") or hasattr(view, "view_class"):
            cls = getattr(view, "cls", None) or view.view_class
            methods = {m: m for m in cls.http_method_names if m != "head" and hasattr(cls, m)}
            yield name, {method: cls.permission_row.get(method) for method in methods}
        else:  # a page
            yield name, {"get": getattr(view, "permission_row", None)}


def test_every_method_of_every_route_carries_rows_of_the_matrix() -> None:
    for name, rows_by_method in routes():
        assert rows_by_method, name
        for method, rows in rows_by_method.items():
            named = (rows,) if isinstance(rows, str) else rows or ()
            assert named, f"{name} {method}"
            assert set(named) <= set(matrix.load()), f"{name} {method}"


def test_the_table_above_knows_every_method() -> None:
    known = {(name.split()[0], method) for name, (method, _path, _rows) in METHODS.items()}
    there = {
        (name, method)
        for name, rows_by_method in routes()
        for method in rows_by_method
        if name != "api-nothing" or method == "get"
    }

    assert there == known
    assert get_resolver().reverse_dict is not None


@pytest.mark.parametrize("role", WHO)
def test_a_role_is_let_in_or_told_why_not(cast: Cast, client_of: SignIn, role: Role) -> None:
    cast.at(Stage.RESULTS)  # own results are out, totals open: only the role decides
    job = Job.objects.create(kind="x", title="导出", owner=cast.people[WHO[role] or "office1"])
    client = client_of(WHO[role])
    answers, expected = {}, {}
    for name, (method, path, rows) in METHODS.items():
        where = address(cast, path).replace("/jobs/0/", f"/jobs/{job.pk}/")
        answer = getattr(client, method)(where, {} if method != "get" else None, format="json")
        denied = all(matrix.grant(row, role).is_denied for row in rows)
        if role is Role.ANONYMOUS:
            expected[name] = 302 if name == "api-docs" else 401
        elif denied:
            expected[name] = 403
        elif name.startswith("api-adjustment"):
            # Let in: there is no such paper, the body is empty, or nothing is published yet.
            let_in = {200} if name == "api-adjustment-list" else {400, 404, 415, 422}
            let_in |= {404} if role is Role.ORGANIZATION else set()
            expected[name] = answer.status_code if answer.status_code in let_in else min(let_in)
        elif name.startswith("api-ledger"):
            # Let in: there is no such ledger, or the body is empty.
            expected[name] = {"api-ledger-list post": 400}.get(name, 404 if "detail" in name else 200)
        elif name.startswith("api-appeal"):
            # Let in: there is no such appeal, or the body is empty.
            expected[name] = {"api-appeal-list": 200, "api-appeal-list post": 400}.get(name, 404)
        elif name.endswith(" post") or name == "api-visit-detail patch":
            expected[name] = 400  # let in; the empty body is what is wrong
        elif name.startswith(("api-commitment-", "api-self-assessment-", "api-visit-")):
            expected[name] = 200 if name.endswith("-list") else 404  # there is none of that number
        elif (
            (name == "api-self-line-detail" and role is Role.ORGANIZATION)
            or name == "api-nothing"
            or (name == "api-cell-detail" and role is Role.ORGANIZATION)
        ):
            expected[name] = 404  # the archive reads after publication only
        elif name == "api-standings" and role in {Role.LEAD, Role.REVIEWER, Role.ORGANIZATION}:
            expected[name] = 404  # not published yet
        elif name == "api-trace" and role in {Role.LEAD, Role.REVIEWER, Role.ORGANIZATION}:
            expected[name] = 403
        elif name.startswith(("api-edition-", "api-award-")) and not name.endswith("-list"):
            expected[name] = 404  # let in, but nothing is published or decided
        elif name in {"api-cell-detail patch", "api-self-line-detail patch"}:
            expected[name] = 400  # let in; the empty body is what is wrong
        else:
            expected[name] = 200
        answers[name] = answer.status_code
        if answer.status_code >= 400 and name != "api-docs":
            assert answer["Content-Type"] == "application/problem+json", name
            assert {"title", "detail", "code"} <= set(answer.json()), name

    assert answers == expected


@pytest.mark.parametrize("role", [role for role in WHO if role is not Role.ANONYMOUS])
def test_a_token_is_for_those_whom_l13_names(cast: Cast, token_client: SignIn, role: Role) -> None:
    answer = token_client(WHO[role]).get("/api/v1/jobs/")

    denied = matrix.grant("L13", role).is_denied
    assert answer.status_code == (403 if denied else 200)


def test_a_token_of_a_role_that_was_taken_away_is_no_longer_good(cast: Cast, token_client: SignIn) -> None:
    client = token_client("office1")
    cast.people["office1"].roles.all().delete()

    answer = client.get("/api/v1/cycles/")

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Token")


def test_an_account_without_a_role_is_told_so(cast: Cast, client_of: SignIn) -> None:
    cast.people["office1"].roles.all().delete()

    answer = client_of("office1").get("/api/v1/cycles/")

    assert (answer.status_code, answer.json()["code"]) == (403, "no-role")


def test_an_account_whose_password_is_due_changes_it_first(cast: Cast, client_of: SignIn) -> None:
    person = cast.people["office1"]
    person.must_change_password = True
    person.save()

    assert client_of("office1").get("/api/v1/cycles/").json()["code"] == "password-due"


def test_the_rights_are_those_of_the_hat_worn(cast: Cast, client_of: SignIn) -> None:
    from units.models import RoleAssignment

    official = RoleAssignment.objects.create(
        user=cast.people["office1"], role="UO", unit=cast.units["东河镇"], cycle=cast.cycle
    )
    client = client_of("office1")
    session = client.session
    session["hat"] = str(official.pk)
    session.save()

    units = {row["unit"] for row in client.get("/api/v1/cells/").json()["results"]}

    assert units == {"东河镇"}


def test_a_denied_act_is_written_in_the_log(cast: Cast, client_of: SignIn) -> None:
    cell = cast.cell("青山乡", "信访")

    client_of("auditor").patch(f"/api/v1/cells/{cell.pk}/", {}, format="json")

    entry = AuditEntry.objects.get(act="denied")
    assert (entry.user_id_text, entry.role) == ("auditor", "AU")
    assert f"PATCH /api/v1/cells/{cell.pk}/" in entry.details


@pytest.mark.parametrize("path", ["cycles/", "blocks/", "units/", "items/", "cells/", "jobs/", "schema/"])
@pytest.mark.parametrize("method", ["put", "delete"])
def test_other_methods_are_answered_with_a_problem(
    cast: Cast, client_of: SignIn, path: str, method: str
) -> None:
    answer = getattr(client_of("office1"), method)(f"/api/v1/{path}")

    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
    assert answer["Content-Type"] == "application/problem+json"
