"""Addresses of appeals and of the results told to units, below /years/CODE/.

Joined in scoring.urls.
"""

from django.urls import URLPattern, path

from scoring.views import appeal_acts, appeals, results

year_patterns: list[URLPattern] = [
    path("appeals/", appeals.appeals_page, name="appeals"),
    path("appeals.xlsx", appeals.appeals_xlsx, name="appeals-xlsx"),
    path("appeals/new/", appeals.appeal_new, name="appeal-new"),
    path("appeals/register/", appeals.appeal_register, name="appeal-register"),
    path("appeals/<int:pk>/", appeals.appeal_page, name="appeal"),
    path("appeals/<int:pk>/edit/", appeals.appeal_edit, name="appeal-edit"),
    path("appeals/<int:pk>/file/", appeal_acts.appeal_file_it, name="appeal-file-it"),
    path("appeals/<int:pk>/files/<int:file>/", appeals.appeal_file, name="appeal-file"),
    path(
        "appeals/<int:pk>/files/<int:file>/remove/", appeal_acts.appeal_remove_file, name="appeal-remove-file"
    ),
    path("appeals/<int:pk>/withdraw/", appeal_acts.appeal_withdraw, name="appeal-withdraw"),
    path("appeals/<int:pk>/compare/", appeal_acts.appeal_compare, name="appeal-compare"),
    path("appeals/<int:pk>/answer/", appeal_acts.appeal_answer, name="appeal-answer"),
    path("appeals/<int:pk>/reviewer/", appeal_acts.appeal_reviewer, name="appeal-reviewer"),
    path("appeals/<int:pk>/points/", appeal_acts.appeal_add_point, name="appeal-add-point"),
    path("appeals/<int:pk>/recheck/", appeal_acts.appeal_recheck, name="appeal-recheck"),
    path("appeals/<int:pk>/receipt.pdf", appeals.appeal_receipt, name="appeal-receipt"),
    path("appeals/<int:pk>/letter.pdf", appeals.appeal_letter, name="appeal-letter"),
    path("appeals/<int:pk>/letter.docx", appeals.appeal_letter_docx, name="appeal-letter-docx"),
    path("appeals/points/<int:pk>/rule/", appeal_acts.appeal_rule, name="appeal-rule"),
    path("appeals/points/<int:pk>/sign/", appeal_acts.appeal_sign, name="appeal-sign"),
    path("appeals/points/<int:pk>/back/", appeal_acts.appeal_send_back, name="appeal-send-back"),
    path("results/letters/", results.letters, name="result-letters"),
    path("results/letters.xlsx", results.letters_xlsx, name="result-letters-xlsx"),
    path("results/letters/note/", results.note_delivery, name="result-delivered"),
    path("results/letters/terms/", results.set_terms, name="appeal-terms"),
    path("results/letters/jobs/<int:job>.pdf", results.block_letters, name="block-letters"),
    path("results/letters/<str:name>/set/", results.set_block_letters, name="set-block-letters"),
    path("units/<str:name>/letter.pdf", results.unit_letter, name="unit-letter"),
    path("units/<str:name>/sheet.xlsx", results.unit_sheet_xlsx, name="unit-sheet-xlsx"),
]
