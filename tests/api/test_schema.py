"""The schema describes the API, and the API survives what is drawn from it: no 500, only described answers.

A few examples each: enough to fall over the usual stones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
import schemathesis
from django.http import HttpResponseBase
from hypothesis import HealthCheck, given, settings
from rest_framework.test import APIClient
from schemathesis.core import NOT_SET
from schemathesis.core.transport import Response

from office.models import Job
from scoring.models import ScoreKind
from tests.api.conftest import SignIn
from tests.cast import Cast

SCHEMA = "/api/v1/schema/"


def operations(schema: Any) -> Iterator[Any]:
    for found in schema.get_all_operations():
        yield found.ok()  # an operation that cannot be read fails the test here


def ask(client: APIClient, case: Any) -> HttpResponseBase:
    body = {} if case.body is NOT_SET else {"data": case.body, "format": "json"}
    query = urlencode(case.query or {}, doseq=True)
    address = f"{case.formatted_path}?{query}"
    return getattr(client, case.method.lower())(address, **body)  # type: ignore[no-any-return]  # by its name


def told(answer: Any) -> Response:
    """The answer as the judge of the schema reads it."""
    return Response(
        status_code=answer.status_code,
        headers={name.lower(): [value] for name, value in answer.items()},
        content=answer.content,
        request=requests.Request("GET", "http://testserver").prepare(),
        elapsed=0.0,
        verify=True,
    )


def call_what_is_drawn(operation: Any, client: APIClient) -> None:
    @settings(
        max_examples=6,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        answer: Any = ask(client, case)
        if answer.status_code < 300:
            operation.validate_response(told(answer))
        else:
            assert 400 <= answer.status_code < 500
            assert answer["Content-Type"] == "application/problem+json"

    call()


@pytest.mark.slow
def test_whatever_the_schema_allows_is_answered_without_a_fault(cast: Cast, client_of: SignIn) -> None:
    for kind in ScoreKind:
        cast.score("青山乡", "决战园区", "77.5", kind)
    Job.objects.create(kind="x", title="导出", owner=cast.people["office1"])
    client = client_of("office1")
    schema = schemathesis.openapi.from_dict(client.get(SCHEMA).json())
    called: list[str] = []

    for operation in operations(schema):
        call_what_is_drawn(operation, client)
        called.append(operation.label)

    assert len(called) >= 54


@pytest.mark.parametrize(
    "path",
    ["cycles/2012/", "cycles/2012/standings/", "cycles/2012/traces/青山乡/", "cells/{cell}/", "items/"],
)
def test_what_is_there_is_answered_as_described(cast: Cast, client_of: SignIn, path: str) -> None:
    cell = cast.score("青山乡", "决战园区", "77.5").cell
    client = client_of("office1")
    schema = schemathesis.openapi.from_dict(client.get(SCHEMA).json())
    address = "/api/v1/" + path.format(cell=cell.pk)

    operation = next(
        operation
        for operation in operations(schema)
        if operation.method == "get" and _fits(operation.path, address)
    )

    operation.validate_response(told(client.get(address)))


def _fits(pattern: str, address: str) -> bool:
    wanted, there = pattern.strip("/").split("/"), address.strip("/").split("/")
    return len(wanted) == len(there) and all(
        w.startswith("{") or w == t for w, t in zip(wanted, there, strict=True)
    )


def test_the_schema_names_every_resource_of_the_contract(cast: Cast, client_of: SignIn) -> None:
    paths = set(client_of("office1").get(SCHEMA).json()["paths"])

    assert paths == {
        "/api/v1/adjustments/",
        "/api/v1/adjustments/{id}/",
        "/api/v1/adjustments/{id}/reject/",
        "/api/v1/adjustments/{id}/verify/",
        "/api/v1/appeals/",
        "/api/v1/appeals/{id}/",
        "/api/v1/appeals/{id}/file/",
        "/api/v1/blocks/",
        "/api/v1/blocks/{id}/",
        "/api/v1/cells/",
        "/api/v1/cells/{id}/",
        "/api/v1/commitments/",
        "/api/v1/commitments/{id}/",
        "/api/v1/commitments/{id}/sign/",
        "/api/v1/cycles/",
        "/api/v1/cycles/{code}/",
        "/api/v1/cycles/{code}/awards/",
        "/api/v1/cycles/{code}/distortion/",
        "/api/v1/cycles/{code}/standings/",
        "/api/v1/cycles/{code}/traces/{unit}/",
        "/api/v1/awards/",
        "/api/v1/awards/{id}/",
        "/api/v1/detailed-rules/",
        "/api/v1/editions/",
        "/api/v1/editions/{id}/",
        "/api/v1/editions/{id}/files/{name}/",
        "/api/v1/editions/{id}/standing/",
        "/api/v1/items/",
        "/api/v1/items/{id}/",
        "/api/v1/jobs/",
        "/api/v1/jobs/{id}/",
        "/api/v1/jobs/{id}/cancel/",
        "/api/v1/ledger-lines/",
        "/api/v1/ledger-lines/{id}/",
        "/api/v1/ledgers/",
        "/api/v1/ledgers/{id}/",
        "/api/v1/progress-reports/",
        "/api/v1/self-assessments/",
        "/api/v1/self-assessments/{id}/",
        "/api/v1/self-assessments/{id}/submit/",
        "/api/v1/self-assessments/{id}/withdraw/",
        "/api/v1/self-lines/",
        "/api/v1/self-lines/{id}/",
        "/api/v1/visits/",
        "/api/v1/visits/{id}/",
        "/api/v1/visits/{id}/sign/",
        "/api/v1/units/",
        "/api/v1/units/{id}/",
    }
