"""The addresses of this app's pages: of the whole site, and below /years/CODE/.

They are joined in appraisal_site.urls.
"""

from django.urls import URLPattern, path

from scoring import (
    urls_appeals,
    urls_appraisers,
    urls_commitments,
    urls_imports,
    urls_review,
    urls_rules,
    urls_self,
    urls_trials,
)
from scoring.views import board, board_fragment, call, cell, downloads, matrix, plan, unit_sheet

urlpatterns: list[URLPattern] = []
# Asked every half minute by every open board, so they are found before all others.
often_asked: list[URLPattern] = [
    path("board/blocks/<int:pk>/", board_fragment.board_fragment, name="board-block"),
]
year_patterns: list[URLPattern] = [
    path("plan/", plan.plan, name="plan"),
    path("board/", board.board, name="board"),
    path("board.xlsx", downloads.board_xlsx, name="board-xlsx"),
    path("blocks/<str:name>/matrix/", matrix.matrix, name="matrix"),
    path("cells/<int:pk>/", cell.cell, name="cell"),
    path("units/<str:name>/", unit_sheet.unit_sheet, name="unit-sheet"),
    path("call/", call.call, name="call"),
    *urls_imports.year_patterns,
    *urls_commitments.year_patterns,
    *urls_rules.year_patterns,
    *urls_review.year_patterns,
    *urls_self.year_patterns,
    *urls_trials.year_patterns,
    *urls_appraisers.year_patterns,
    *urls_appeals.year_patterns,
]
