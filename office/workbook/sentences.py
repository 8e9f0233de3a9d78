"""Every sentence the workbook layer says, by code, so that the deciding modules need no translation.
Codes are for programs and never change; the sentences are for people and go through gettext.
"""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext, gettext_noop

KINDS: Final[dict[str, str]] = {
    "pdf": gettext_noop("a PDF document"),
    "photo": gettext_noop("a picture"),
    "rar": gettext_noop("a RAR archive"),
    "7z": gettext_noop("a 7-Zip archive"),
    "rtf": gettext_noop("a text document"),
    "html": gettext_noop("a web page saved under a workbook's name"),
    "xml": gettext_noop("an XML text saved under a workbook's name"),
    "csv": gettext_noop("plain text (CSV or tab-separated)"),
    "docx": gettext_noop("a Word document"),
    "doc": gettext_noop("a Word document"),
    "pptx": gettext_noop("a presentation"),
    "ods": gettext_noop("an OpenDocument table (.ods)"),
    "xlsb": gettext_noop("a binary workbook (.xlsb)"),
    "et": gettext_noop("a WPS table (.et)"),
    "zip": gettext_noop("a zip archive without a workbook in it"),
    "ole": gettext_noop("a document of another program"),
    "xlsx": gettext_noop("a workbook"),
    "old": gettext_noop("a document of another program"),
    "unknown": gettext_noop("not a workbook"),
}

FILE: Final[dict[str, str]] = {
    "empty-file": gettext_noop("The file is empty (0 bytes). Save the workbook again and send it once more."),
    "lock-file": gettext_noop(
        "“{name}” is the temporary file of an open workbook. Close the workbook and send the file without “~$”."
    ),
    "file-too-big": gettext_noop(
        "The file has {size} MB; at most {limit} MB can be read. Remove pictures and unused sheets, or split it."
    ),
    "wrong-type": gettext_noop(
        "The file is {kind}. Only .xlsx and .xls workbooks are read: open it in WPS or Excel and save it as .xlsx."
    ),
    "false-suffix": gettext_noop(
        "The file is called .{suffix}, but it holds a .{kind} workbook. Save it as .xlsx and send it again."
    ),
    "macro": gettext_noop(
        "The workbook holds macros, which are never run or read. Save it as .xlsx without macros."
    ),
    "encrypted": gettext_noop(
        "The workbook is locked with a password. Remove the password and send it again."
    ),
    "damaged": gettext_noop(
        "The workbook is damaged and cannot be read in full. Open it in WPS or Excel, save it as .xlsx and send it again."
    ),
    "old-excel": gettext_noop("The workbook is older than Excel 97. Save it as .xlsx and send it again."),
    "external-links": gettext_noop(
        "The workbook takes values from other files. Turn the links into plain values and send it again."
    ),
    "path-in-zip": gettext_noop(
        "The file holds parts with forbidden names, as no office program writes them. Save it as .xlsx and send it again."
    ),
    "too-many-members": gettext_noop(
        "The file holds {count} parts; at most {limit} are read. Save the data in a new workbook."
    ),
    "too-many-sheets": gettext_noop(
        "The workbook has {count} sheets; at most {limit} are read. Remove the ones not needed."
    ),
    "zip-bomb": gettext_noop(
        "The file unpacks to more than {size} MB, far more than a workbook needs. Copy the data into a new workbook and send that."
    ),
    "entity-bomb": gettext_noop(
        "The file holds a document type with entities, as no office program writes it. Save it as .xlsx and send it again."
    ),
    "too-many-rows": gettext_noop(
        "The workbook has more than {limit} filled rows. Split it into several files."
    ),
    "too-many-cells": gettext_noop(
        "The workbook has more than {limit} filled or merged cells. Split it into several files."
    ),
    "row-too-long": gettext_noop(
        "A row of the workbook is too long to be read. Copy the data into a new workbook."
    ),
    "too-large": gettext_noop(
        "The workbook needs more memory than one file may have. Copy the data into a new workbook, or split it."
    ),
    "too-slow": gettext_noop(
        "The workbook took too long to read and was given up. Copy the data into a new workbook, or split it."
    ),
    "unreadable": gettext_noop(
        "Reading the workbook failed; nothing was changed. Open it in WPS or Excel, save it as .xlsx and send it again."
    ),
}

# The same for a paper in .docx that comes back; codes that are not here speak of any file.
PAPER: Final[dict[str, str]] = {
    "empty-file": gettext_noop("The file is empty (0 bytes). Save the paper again and send it once more."),
    "lock-file": gettext_noop(
        "“{name}” is the temporary file of an open paper. Close the paper and send the file without “~$”."
    ),
    "wrong-type": gettext_noop(
        "The file is {kind}. Only .docx is compared: open it in WPS or Word and save it as .docx."
    ),
    "macro": gettext_noop("The paper holds macros, which are never run or read. Save it as .docx without."),
    "encrypted": gettext_noop("The paper is locked with a password. Remove the password and send it again."),
    "damaged": gettext_noop(
        "The paper is damaged and cannot be read in full. Open it in WPS or Word, save it as .docx and send it again."
    ),
    "path-in-zip": gettext_noop(
        "The file holds parts with forbidden names, as no office program writes them. Save it anew as .docx."
    ),
    "entity-bomb": gettext_noop(
        "The file holds a document type with entities, as no office program writes it. Save it anew as .docx."
    ),
    "zip-bomb": gettext_noop(
        "The file unpacks to more than {size} MB, far more than a paper needs. Copy the text into a new paper."
    ),
    "too-many-members": gettext_noop(
        "The file holds {count} parts; at most {limit} are read. Copy the text into a new paper."
    ),
    "too-large": gettext_noop(
        "The paper is far longer than any that is given out here. Copy the text that belongs to it into a new paper."
    ),
    "too-slow": gettext_noop("The paper took too long to read and was given up. Save it anew as .docx."),
    "unreadable": gettext_noop(
        "Reading the paper failed; nothing was changed. Open it in WPS or Word, save it as .docx and send it again."
    ),
}

TABLE: Final[dict[str, str]] = {
    "no-header": gettext_noop(
        "No header was found in the first {rows} rows: columns named {columns} are needed. Use the template."
    ),
    "no-sheet": gettext_noop("The workbook has no sheet {name}. Add it, or use the template."),
    "which-sheet": gettext_noop(
        "Several sheets hold this table: {sheets}. Say which one to read, or remove the others."
    ),
    "missing-column": gettext_noop("The required column “{column}” is missing. Add it to the header."),
    "double-column": gettext_noop(
        "The column “{column}” stands there more than once ({cells}). Keep one of them."
    ),
    "side-by-side": gettext_noop(
        "The table is printed in {count} halves side by side. Put them below one another."
    ),
    "money-unit": gettext_noop(
        "The figures are in “{found}”; the template asks for “{wanted}”. Convert them."
    ),
    "extra-column": gettext_noop("The column “{column}” is not known and was not read."),
    "hidden-sheet": gettext_noop("The hidden sheet “{sheet}” was not read."),
    "hidden-rows": gettext_noop(
        "{count} hidden or filtered rows were read as well: {rows}. Check that they belong in."
    ),
    "hidden-columns": gettext_noop(
        "The hidden column “{column}” was read as well. Check that it belongs in."
    ),
    "comments": gettext_noop("Comments on cells are not read."),
    "pictures": gettext_noop("Pictures and embedded objects are not read."),
    "too-wide": gettext_noop("Cells right of the {limit}th column were not read; the first is {cell}."),
    "footer-number": gettext_noop(
        "The row “{label}” is not part of the table, but holds the number {value}. It was not read."
    ),
    "total-differs": gettext_noop("The row “{label}” says {printed}; the rows add up to {counted}."),
    "nothing-in-table": gettext_noop("The table has a header but no rows. Fill it in and send it again."),
}

CELL: Final[dict[str, str]] = {
    "blank": gettext_noop("Nothing is entered. Enter a value."),
    "not-a-number": gettext_noop("“{value}” is not a number. Enter digits only, such as 85.5."),
    "two-dots": gettext_noop("“{value}” has more than one decimal point. Enter it as 85.5."),
    "comma": gettext_noop(
        "“{value}” has a comma. Enter the number without commas, the decimal point as “.”."
    ),
    "percent": gettext_noop("“{value}” is a percentage. Enter the plain number."),
    "range": gettext_noop("“{value}” is not one number but a range or an estimate. Enter one number."),
    "chinese-number": gettext_noop("“{value}” is written in words. Enter it in digits."),
    "not-finite": gettext_noop("“{value}” is not a number that can be counted. Enter digits only."),
    "too-many-decimals": gettext_noop("“{value}” has more than {places} decimals. Round it to {places}."),
    "too-large-number": gettext_noop("“{value}” is too large. Check the number."),
    "date": gettext_noop(
        "The cell holds the date {value}; a number is needed. Set its format to number and enter it again."
    ),
    "date-as-text": gettext_noop(
        "The program turned the entry into the date {value}. Set the cell's format to text and enter it again."
    ),
    "number-as-code": gettext_noop(
        "The code is held as the number {value}, so that 1.10 and 1.1 are the same. Set the format to text and enter it again."
    ),
    "error-value": gettext_noop("The cell shows the error {value}. Correct the formula or enter the value."),
    "formula-without-value": gettext_noop(
        "The formula has no stored value. Open the file in WPS or Excel, save it, and send it again."
    ),
    "not-a-word": gettext_noop("“{value}” is yes or no; text is needed."),
    "not-whole": gettext_noop("“{value}” is not a whole number."),
    "negative": gettext_noop("“{value}” is below zero."),
    "not-a-date": gettext_noop("“{value}” is not a date. Enter it as 2012-09-30."),
    "not-a-year": gettext_noop("“{value}” is not a year. Enter it as 2012."),
    "not-a-quarter": gettext_noop("“{value}” is not a quarter. Enter 1, 2, 3 or 4."),
    "not-yes-or-no": gettext_noop("“{value}” is neither 是 nor 否."),
    "not-one-of": gettext_noop("“{value}” is not among: {choices}."),
    "several-names": gettext_noop("“{value}” holds several names; one is needed here."),
    "text-too-long": gettext_noop("The text has more than {limit} characters. Shorten it."),
    "formula": gettext_noop("The cell holds a formula; its stored value {value} was read."),
    "struck": gettext_noop("“{value}” is struck through, but was read. Clear the cell if it is cancelled."),
    "read-as-not-involved": gettext_noop("“{value}” was read as 不涉及."),
    "unclear-mark": gettext_noop(
        "“{value}” is no score. Enter a number, or 不涉及, or leave the cell empty."
    ),
}


def file_sentence(code: str, figures: Mapping[str, object]) -> str:
    words = dict(figures)
    if "kind" in words and code == "wrong-type":
        words["kind"] = gettext(KINDS.get(str(words["kind"]), KINDS["unknown"]))
    return gettext(FILE.get(code, FILE["unreadable"])).format(**words)


def paper_sentence(code: str, figures: Mapping[str, object]) -> str:
    words = dict(figures)
    if code == "wrong-type":
        kind = str(words.get("kind", ""))
        words["kind"] = (
            gettext("not a paper of Word or WPS")
            if kind == "unknown"
            else gettext(KINDS.get(kind, KINDS["ole"]))
        )
    return gettext(PAPER[code]).format(**words) if code in PAPER else file_sentence(code, figures)


def sentence(code: str, figures: Mapping[str, object]) -> str:
    """The sentence for a table's or a cell's fault."""
    template = CELL.get(code) or TABLE[code]
    return gettext(template).format(**figures)
