"""Questions whose SQL is compiled once, for the few answers that many screens ask for each second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models import QuerySet

Row = tuple[Any, ...]


class Prepared:
    """A question of plain columns, its SQL kept after the first time for each kind of database.

    `build` makes the queryset (values_list) from the arguments; `examples` are arguments that can stand for any
    others: each must come back among the parameters once or more, and look like no constant of the question.
    Values arrive as the database's driver gives them: on SQLite a day is text, a truth value 0 or 1.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], *examples: object) -> None:
        self._build = build
        self._examples = examples
        self._compiled: dict[str, tuple[str, tuple[Callable[[Row], Any], ...]]] = {}

    def rows(self, *arguments: object) -> tuple[Row, ...]:
        """One query.  Raises TypeError for a wrong number of arguments."""
        if len(arguments) != len(self._examples):
            raise TypeError(f"{len(self._examples)} arguments are asked for, {len(arguments)} were given")
        sql, places = self._sql()
        with connection.cursor() as cursor:
            cursor.execute(sql, [place(arguments) for place in places])
            return tuple(map(tuple, cursor.fetchall()))

    def _sql(self) -> tuple[str, tuple[Callable[[Row], Any], ...]]:
        found = self._compiled.get(connection.vendor)
        if found is None:
            sql, parameters = self._build(*self._examples).query.sql_with_params()
            missing = [example for example in self._examples if example not in parameters]
            if missing:
                raise LookupError(f"the question does not ask for {missing}")
            found = sql, tuple(self._place(parameter) for parameter in parameters)
            self._compiled[connection.vendor] = found
        return found

    def _place(self, parameter: object) -> Callable[[Row], Any]:
        for number, example in enumerate(self._examples):
            if type(parameter) is type(example) and parameter == example:
                return lambda arguments, number=number: arguments[number]  # type: ignore[misc]  # bound now
        return lambda _arguments: parameter
