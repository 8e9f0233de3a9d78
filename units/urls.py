"""The addresses of this app's pages: of the whole site, and below /years/CODE/.

They are joined in appraisal_site.urls.
"""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
year_patterns: list[URLPattern] = []
