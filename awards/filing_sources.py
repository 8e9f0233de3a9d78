"""Every file that any record of a year rests on: papers, minutes, ledgers, evidence, whatever app keeps them.

Found by the models' own references, so that what a new part of the product stores is filed without being told here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.conf import settings
from django.db import models

from office.models import StoredFile
from units.models import Cycle

OURS = ("units", "bonuses", "scoring", "awards")
LEFT_OUT = frozenset({"awards.EditionFile", "awards.Filing"})  # the editions have folders of their own
FOLDERS = {"bonuses.Document": "依据材料", "scoring.Score": "评分签字件"}
FOLDER_OF_APP = {"awards": "会议记录"}
DEEPEST = 5


@dataclass(frozen=True, slots=True)
class Source:
    """One stored file and the record that rests on it."""

    folder: str
    title: str
    stored: StoredFile
    number: str = ""  # 文号
    issuer: str = ""  # 责任者
    on: str = ""  # date


@cache
def path_to_cycle(model: type[models.Model]) -> str:
    """The shortest way from the model to its year as a lookup, or ''."""
    waiting: deque[tuple[type[models.Model], str]] = deque([(model, "")])
    seen = {model}
    while waiting:
        here, way = waiting.popleft()
        for field in here._meta.get_fields():
            if not isinstance(field, models.ForeignKey) or field.null:
                continue  # a way that may be empty would lose rows
            target = field.remote_field.model
            step = f"{way}__{field.name}" if way else field.name
            if target is Cycle:
                return step
            is_ours = isinstance(target, type) and target._meta.app_label in OURS
            if is_ours and target not in seen and step.count("__") + 1 < DEEPEST:
                seen.add(target)
                waiting.append((target, step))
    return ""


def keepers() -> Iterator[tuple[type[models.Model], str, str]]:
    """(model, its reference to a stored file, its way to the year) of every model of the product."""
    for model in apps.get_models():
        if model._meta.app_label not in OURS or model._meta.label in LEFT_OUT:
            continue
        for field in model._meta.get_fields():
            if isinstance(field, models.ForeignKey) and field.remote_field.model is StoredFile:
                way = path_to_cycle(model)
                if way:
                    yield model, field.name, way


def sources_of(cycle: Cycle) -> list[Source]:
    """Every stored file of the year, each once in its folder, in the order it was kept."""
    found: list[Source] = []
    seen: set[tuple[str, str]] = set()
    for model, field, way in keepers():
        rows = (
            model._default_manager.filter(**{way: cycle, f"{field}__isnull": False})
            .select_related(field)
            .order_by("pk")
        )
        folder = folder_of(model)
        for row in rows:
            stored: StoredFile = getattr(row, field)
            if (folder, stored.sha256) in seen:
                continue
            seen.add((folder, stored.sha256))
            on = getattr(row, "on", None) or stored.stored_at.date()
            found.append(
                Source(
                    folder,
                    str(getattr(row, "title", "") or row),
                    stored,
                    number=str(getattr(row, "number", "") or ""),
                    issuer=str(getattr(row, "source", "") or getattr(row, "issuer", "") or ""),
                    on=on.isoformat(),
                )
            )
    return found


def folder_of(model: type[models.Model]) -> str:
    """The folder's name for people: what the records are called."""
    from django.utils import translation

    known = FOLDERS.get(model._meta.label) or FOLDER_OF_APP.get(model._meta.app_label)
    if known:
        return known
    with translation.override(settings.LANGUAGE_CODE):
        return str(model._meta.verbose_name_plural).replace("/", "-")
