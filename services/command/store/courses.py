"""The courses of matters, in and out of their table."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import bindparam, select

from services.command.domain.course import Course
from services.command.store.tables import course_table
from shared.runtime.upsert import replacing
from shared.runtime.work import Work

_FIND = select(course_table).where(course_table.c.matter_no == bindparam("asked"))


class SqlCourses:
    """Courses in the database; what one work writes is written together before it is kept."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._gathered: dict[str, Course] = {}
        work.before_keep(self._write)

    def find(self, matter_no: str) -> Course | None:
        gathered = self._gathered.get(matter_no)
        if gathered is not None:
            return gathered
        row = self._work.connection.execute(_FIND, {"asked": matter_no}).first()
        return None if row is None else course_of(row)

    def put(self, course: Course) -> None:
        self._gathered[course.matter_no] = course

    def _write(self) -> None:
        if not self._gathered:
            return
        connection = self._work.connection
        rows = [asdict(course) for _, course in sorted(self._gathered.items())]
        connection.execute(replacing(connection.dialect.name, course_table), rows)
        self._gathered.clear()


def course_of(row: Any) -> Course:
    """Return the course that a row of its table holds."""
    return Course(**row._mapping)
