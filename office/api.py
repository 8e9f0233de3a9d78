"""A person's own long work over the API: progress, result, cancel.

What the work is belongs to the app that registered it.
"""

from __future__ import annotations

from typing import Any, cast

import django_filters
from django.db.models import QuerySet
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from office import jobs
from office.models import Job, JobState, User


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular ships no types
    """How the schema tells of the owner's expiring token."""

    target_class = "office.tokens.ExpiringTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Token KEY; a token lasts at most 90 days and never signs.",
        }


class JobSerializer(serializers.ModelSerializer[Job]):
    percent = serializers.IntegerField(read_only=True)

    class Meta:
        model = Job
        fields = [
            "id",
            "kind",
            "title",
            "cycle_code",
            "state",
            "done",
            "total",
            "percent",
            "doing",
            "message",
            "result",
            "cancel_asked",
            "created_at",
            "started_at",
            "finished_at",
        ]


class JobFilter(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    state = django_filters.ChoiceFilter(choices=JobState.choices)

    class Meta:
        model = Job
        fields = ["kind", "state", "cycle_code"]


class JobViewSet(viewsets.ReadOnlyModelViewSet[Job]):
    """The asker's own jobs; nobody sees another person's."""

    permission_row = {"list": "L14", "retrieve": "L14", "cancel": "L14"}
    http_method_names = ["get", "head", "post"]
    queryset = Job.objects.none()
    serializer_class = JobSerializer
    filterset_class = JobFilter
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Job]:
        return Job.objects.filter(owner=cast(User, self.request.user)).order_by("-id")

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Ask a job to stop: at once when it waits, at its next step when it runs."""
        job = self.get_object()
        if not job.is_over:
            jobs.ask_to_cancel(job)
            job.refresh_from_db()
        return Response(self.get_serializer(job).data)
