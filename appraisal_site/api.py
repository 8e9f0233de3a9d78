"""The root of the REST API.

Each app brings its own resources; this file only gathers them.
"""

from rest_framework.pagination import PageNumberPagination


class Pages(PageNumberPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 1000
