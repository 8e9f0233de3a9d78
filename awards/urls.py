"""The addresses of this app's pages: of the whole site, and below /years/CODE/.

They are joined in appraisal_site.urls.
"""

from django.urls import URLPattern

from awards import urls_awards, urls_editions, urls_rules

urlpatterns: list[URLPattern] = []
year_patterns: list[URLPattern] = [
    *urls_awards.year_patterns,
    *urls_editions.year_patterns,
    *urls_rules.year_patterns,
]
