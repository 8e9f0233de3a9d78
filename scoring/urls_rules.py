"""The addresses of the leads' detailed rules and of the compiled text; all of a year.

They are part of scoring.urls.
"""

from django.urls import URLPattern, path

from scoring.views import detailed_rules as rules

year_patterns: list[URLPattern] = [
    path("rules/", rules.register, name="detailed-rules"),
    path("rules.xlsx", rules.xlsx, name="detailed-rules-xlsx"),
    path("rules/accept/", rules.accept_many, name="detailed-rules-accept"),
    path("rules/book/", rules.book, name="rule-book"),
    path("rules/book/compile/", rules.compile_book, name="rule-book-compile"),
    path("rules/book.pdf", rules.book_pdf, name="rule-book-pdf"),
    path("rules/book.docx", rules.book_docx, name="rule-book-docx"),
    path("rules/files/<int:pk>/", rules.attached, name="detailed-rule-file"),
    path("rules/of/<int:pk>/", rules.rules, name="detailed-rule"),
    path("rules/of/<int:pk>/edit/", rules.edit, name="detailed-rule-edit"),
    path("rules/versions/<int:pk>/examine/", rules.examine, name="detailed-rule-examine"),
]
