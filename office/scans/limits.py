"""How much of a scan is looked at, and at what cost.
Who enforces a limit says so there: dots and pages in the child process, seconds and memory by the system.
"""

from dataclasses import asdict, dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The defaults carry a dozen pages of A4; a form has one to four."""

    file_bytes: int = 64 * MIB
    pages: int = 12  # of a PDF; a form's code stands on each of its pages
    dots_per_inch: int = 200  # a PDF's page is looked at
    page_pixels: int = 9_000_000  # at most: A4 at 250 dots to the inch
    picture_pixels: int = 40_000_000  # what a picture may unpack to; more is refused before a dot is unpacked
    seconds: int = 10  # of the child's processor time
    wait_seconds: int = 40  # of the clock, on a busy machine
    memory_bytes: int = 768 * MIB  # of the child's address space

    def as_dict(self) -> dict[str, int]:
        return asdict(self)
