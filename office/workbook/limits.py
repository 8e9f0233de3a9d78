"""How much of a workbook may be read, and at what cost.
Who enforces a limit says so there: sizes and rows in the child process, seconds and memory by the system.
"""

from dataclasses import asdict, dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The defaults carry a score sheet of 100,000 rows; a person's sheet has a few thousand."""

    file_bytes: int = 20 * MIB
    members: int = 2_000  # parts inside the zip
    inflated_bytes: int = 400 * MIB  # all parts together, counted while inflating
    strings_bytes: int = 64 * MIB  # the shared strings alone, which must be held in memory
    ratio: int = 150  # inflated over packed, per part, asked once a part passes `ratio_from`
    ratio_from: int = 16 * MIB
    rows: int = 200_000  # rows that hold something, all sheets together
    columns: int = 400  # cells right of this are left out, with a warning
    cells: int = 3_000_000
    merges: int = 100_000
    sheets: int = 200
    text_length: int = 4_000  # characters in one cell
    seconds: int = 7  # of the child's processor time
    wait_seconds: int = 40  # of the clock, on a busy machine
    memory_bytes: int = 256 * MIB  # of the child's address space

    def as_dict(self) -> dict[str, int]:
        return asdict(self)
