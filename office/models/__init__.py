"""The desk's own records: people, files, the log, long work and notices.

No record here knows what an appraisal is.
"""

from office.models.audit import AuditEntry
from office.models.evidence import Evidence, EvidenceRoom
from office.models.job import Job, JobState
from office.models.notice import Notice
from office.models.outgoing import OutgoingPaper, PaperKind, ReturnedPaper
from office.models.stored_file import StoredFile
from office.models.system_role import SystemRole, SystemRoleKind
from office.models.token import ApiToken
from office.models.user import User

__all__ = [
    "ApiToken",
    "AuditEntry",
    "Evidence",
    "EvidenceRoom",
    "Job",
    "JobState",
    "Notice",
    "OutgoingPaper",
    "PaperKind",
    "ReturnedPaper",
    "StoredFile",
    "SystemRole",
    "SystemRoleKind",
    "User",
]
