"""The addresses of the what-if bench and its variants.

They are part of scoring.urls.
"""

from django.urls import URLPattern, path

from scoring.views import trials

year_patterns: list[URLPattern] = [
    path("what-if/", trials.bench, name="what-if"),
    path("what-if.xlsx", trials.bench_xlsx, name="what-if-xlsx"),
    path("what-if/save/", trials.save, name="what-if-save"),
    path("what-if/compare/", trials.compare, name="what-if-compare"),
    path("what-if/compare.xlsx", trials.compare_xlsx, name="what-if-compare-xlsx"),
    path("what-if/variants/<int:pk>/remove/", trials.remove, name="what-if-remove"),
]
