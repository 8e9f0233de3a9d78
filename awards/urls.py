"""The addresses of this app's pages: of the whole site, and below /years/CODE/.

They are joined in appraisal_site.urls.
"""

from django.urls import URLPattern

from awards import urls_awards

urlpatterns: list[URLPattern] = []
year_patterns: list[URLPattern] = [*urls_awards.year_patterns]
