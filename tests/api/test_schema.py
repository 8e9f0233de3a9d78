"""The schema describes the API, and the API survives what is drawn from it: no 500, only described answers.

A few examples each: enough to fall over the usual stones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

from appraisal_site.wsgi import application
from office import tokens
from office.models import Job
from scoring.models import ScoreKind
from tests.api.conftest import SignIn
from tests.cast import Cast


@pytest.fixture
def schema(cast: Cast, client_of: SignIn) -> Any:
    drawn = schemathesis.openapi.from_dict(client_of("office1").get("/api/v1/schema/").json())
    drawn.app = application
    return drawn


def operations(schema: Any) -> Iterator[Any]:
    for found in schema.get_all_operations():
        yield found.ok()


def test_whatever_the_schema_allows_is_answered_without_a_fault(cast: Cast, schema: Any) -> None:
    for kind in ScoreKind:
        cast.score("青山乡", "决战园区", "77.5", kind)
    Job.objects.create(kind="x", title="导出", owner=cast.people["office1"])
    key = tokens.issue(cast.hat("office1"), "test", 1)
    called: set[str] = set()

    for operation in operations(schema):

        @settings(
            max_examples=12, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
        )
        @given(case=operation.as_strategy())
        def call(case: Any) -> None:
            response = case.call(headers={"Authorization": f"Token {key}"})
            not_a_server_error(None, response, case)
            if response.status_code < 300:
                response_schema_conformance(None, response, case)
                content_type_conformance(None, response, case)
            elif response.status_code != 304:
                assert response.headers["content-type"] == ["application/problem+json"], response.status_code

        call()
        called.add(operation.label)

    assert len(called) == 16


def test_the_schema_names_every_resource_of_the_contract(cast: Cast, client_of: SignIn) -> None:
    paths = set(client_of("office1").get("/api/v1/schema/").json()["paths"])

    assert paths == {
        "/api/v1/blocks/",
        "/api/v1/blocks/{id}/",
        "/api/v1/cells/",
        "/api/v1/cells/{id}/",
        "/api/v1/cycles/",
        "/api/v1/cycles/{code}/",
        "/api/v1/cycles/{code}/standings/",
        "/api/v1/cycles/{code}/traces/{unit}/",
        "/api/v1/items/",
        "/api/v1/items/{id}/",
        "/api/v1/jobs/",
        "/api/v1/jobs/{id}/",
        "/api/v1/jobs/{id}/cancel/",
        "/api/v1/units/",
        "/api/v1/units/{id}/",
    }
