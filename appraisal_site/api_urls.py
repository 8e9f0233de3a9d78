"""The addresses of the REST API, gathered from the apps; the schema and its reading room.

Who may call a method is written on its view: permission_row, applied by units.api_auth.InTheMatrix.
"""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, URLResolver, path, re_path
from django.utils.translation import gettext as _
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from appraisal_site.views import api_docs
from awards.api import AwardViewSet, EditionViewSet, SimulationView
from bonuses.api import AdjustmentViewSet
from office.api import JobViewSet
from office.refusal import Refused
from scoring.api import CellViewSet, ItemViewSet
from scoring.appeal_api import AppealViewSet
from scoring.assessment_api import SelfAssessmentViewSet, SelfLineViewSet
from scoring.ledger_api import LedgerLineViewSet, LedgerViewSet
from scoring.promise_api import CommitmentViewSet, DetailedRuleViewSet, ProgressReportViewSet
from scoring.standing_api import StandingView, TraceView
from scoring.visit_api import DistortionView, VisitViewSet
from units.api import BlockViewSet, CycleViewSet, UnitViewSet
from units.api_auth import InTheMatrix


class SchemaView(SpectacularAPIView):
    """The OpenAPI schema."""

    permission_row = {"get": "A04"}
    permission_classes = [InTheMatrix]
    renderer_classes = [OpenApiJsonRenderer, OpenApiJsonRenderer2]
    http_method_names = ["get", "head"]


@extend_schema(exclude=True)
class NothingHere(APIView):
    """Any other address below the root: a problem answer instead of a page."""

    permission_row = dict.fromkeys(("get", "post", "put", "patch", "delete"), "A04")
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise Refused(
            "not-found",
            _("The API has nothing at this address; see /api/v1/schema/ for what it has."),
            status=404,
        )

    post = put = patch = delete = get


router = SimpleRouter()
router.register("cycles", CycleViewSet, "api-cycle")
router.register("blocks", BlockViewSet, "api-block")
router.register("units", UnitViewSet, "api-unit")
router.register("items", ItemViewSet, "api-item")
router.register("cells", CellViewSet, "api-cell")
router.register("adjustments", AdjustmentViewSet, "api-adjustment")
router.register("ledgers", LedgerViewSet, "api-ledger")
router.register("ledger-lines", LedgerLineViewSet, "api-ledger-line")
router.register("editions", EditionViewSet, "api-edition")
router.register("awards", AwardViewSet, "api-award")
router.register("appeals", AppealViewSet, "api-appeal")
router.register("commitments", CommitmentViewSet, "api-commitment")
router.register("progress-reports", ProgressReportViewSet, "api-progress-report")
router.register("self-assessments", SelfAssessmentViewSet, "api-self-assessment")
router.register("self-lines", SelfLineViewSet, "api-self-line")
router.register("visits", VisitViewSet, "api-visit")
router.register("detailed-rules", DetailedRuleViewSet, "api-detailed-rule")
router.register("jobs", JobViewSet, "api-job")

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", api_docs.docs, name="api-docs"),
    path("cycles/<str:code>/standings/", StandingView.as_view(), name="api-standings"),
    path("cycles/<str:code>/traces/<str:unit>/", TraceView.as_view(), name="api-trace"),
    path("cycles/<str:code>/awards/", SimulationView.as_view(), name="api-simulation"),
    path("cycles/<str:code>/distortion/", DistortionView.as_view(), name="api-distortion"),
    *router.urls,
    re_path(r"^(?:.*/)?$", NothingHere.as_view(), name="api-nothing"),
]
