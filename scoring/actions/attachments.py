"""Keeps a file that a unit or lead attaches to a report, a return or its rules: size, type by content, readable.

Evidence of the self-assessment with its quota is kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from bonuses.actions.documents import require_readable
from office import files
from office.models import StoredFile
from office.refusal import Refused
from units.hats import Hat

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

TYPES = (files.PDF, files.PNG, files.JPEG, files.XLSX, files.DOCX, files.OFD)
ACCEPT = ".pdf,.jpg,.jpeg,.png,.xlsx,.docx,.ofd"
LARGEST = 20 * 1024**2  # bytes


def keep(sent: UploadedFile, by: Hat) -> StoredFile:
    """Store what was sent.  Raises Refused when it is empty, too large, of another type, broken or active."""
    name = files.safe_name(sent.name or "")

    def limited() -> Iterable[bytes]:
        size = 0
        for chunk in sent.chunks():
            size += len(chunk)
            if size > LARGEST:
                raise Refused(
                    "file-too-big",
                    _("%(name)s is larger than %(most)d MB. Please make it smaller or split it.")
                    % {"name": name, "most": LARGEST // 1024**2},
                    status=413,
                )
            yield chunk

    stored = files.store(limited(), name, by.user, allowed=TYPES)
    require_readable(stored)
    return stored
