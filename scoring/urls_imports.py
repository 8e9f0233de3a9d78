"""The addresses of handing in, previewing and taking in score sheets, and of the workbooks to take away.

They are part of scoring.urls.
"""

from django.urls import URLPattern, path

from scoring import urls_ledgers
from scoring.views import imports

year_patterns: list[URLPattern] = [
    path("imports/", imports.collect, name="imports"),
    path("imports/<int:pk>/", imports.preview, name="import-preview"),
    path("imports/<int:pk>/confirm/", imports.confirm, name="import-confirm"),
    path("imports/<int:pk>/drop/", imports.drop, name="import-drop"),
    path("imports/<int:pk>/again/", imports.again, name="import-again"),
    path("imports/<int:pk>/learn/<int:number>/", imports.learn, name="import-learn"),
    path("imports/<int:pk>/original/", imports.original, name="import-original"),
    path("imports/<int:pk>/marked.xlsx", imports.marked, name="import-marked"),
    path("score-sheets/<str:kind>.xlsx", imports.score_sheet, name="score-sheet"),
    path("blocks/<str:name>/matrix.xlsx", imports.matrix_xlsx, name="matrix-xlsx"),
    *urls_ledgers.year_patterns,
]
