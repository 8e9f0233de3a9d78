"""The engine's whole answer against the independent exact computation, on random blocks.

Worked examples and single rules have their own files.
"""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from scoring.engine.sheet import BlockStanding, Sheet
from scoring.engine.standing import compute
from tests.engine.cities import sheets
from tests.engine.oracle import OracleRow, OracleStanding, stand


def as_oracle(standing: BlockStanding) -> OracleStanding:
    rows = tuple(
        OracleRow(
            unit=row.unit,
            rank=row.rank,
            shared=row.shared,
            missing=row.missing,
            bases=tuple(item.base for item in row.items),
            item_ranks=tuple(item.rank for item in row.items),
            item_shared=tuple(item.shared for item in row.items),
            weighted=tuple(item.weighted for item in row.items),
            cells=tuple(
                (cell.sub_item, cell.score, None if cell.source is None else str(cell.source))
                for item in row.items
                for cell in item.cells
            ),
            preliminary=row.preliminary,
            final=row.final,
        )
        for row in standing.rows
    )
    return OracleStanding(standing.provisional, standing.held, standing.differs, rows)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sheets())
def test_every_figure_of_a_random_block_is_the_oracles(sheet: Sheet) -> None:
    standing = compute(sheet)

    assert as_oracle(standing) == stand(sheet)
