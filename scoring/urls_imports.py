"""The addresses of handing in, previewing and taking in score sheets, and of the workbooks to take away.

They are part of scoring.urls.
"""

from django.urls import URLPattern, path

from scoring import urls_ledgers
from scoring.views import import_preview, imports

year_patterns: list[URLPattern] = [
    path("imports/", imports.collect, name="imports"),
    path("imports/confirm/", import_preview.confirm_many, name="imports-confirm"),
    path("imports/<int:pk>/", import_preview.preview, name="import-preview"),
    path("imports/<int:pk>/confirm/", import_preview.confirm, name="import-confirm"),
    path("imports/<int:pk>/drop/", import_preview.drop, name="import-drop"),
    path("imports/<int:pk>/again/", import_preview.again, name="import-again"),
    path("imports/<int:pk>/learn/<int:number>/", import_preview.learn, name="import-learn"),
    path("imports/<int:pk>/original/", import_preview.original, name="import-original"),
    path("imports/<int:pk>/marked.xlsx", import_preview.marked, name="import-marked"),
    path("score-sheets/<str:kind>.xlsx", imports.score_sheet, name="score-sheet"),
    path("blocks/<str:name>/matrix.xlsx", imports.matrix_xlsx, name="matrix-xlsx"),
    *urls_ledgers.year_patterns,
]
