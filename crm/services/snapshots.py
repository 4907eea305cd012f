"""Columns of a row as JSON, to compare them later and to put them back exactly."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model


def look(row: Model, columns: Iterable[str]) -> dict[str, Any]:
    """The values of ``columns``, which are attribute names such as ``stage_id``. Instants keep their microseconds."""
    return {name: _plain(row, name, getattr(row, name)) for name in columns}


def changed_since(row: Model, then: Mapping[str, Any]) -> list[str]:
    """Which of the columns are no longer what ``then`` says."""
    return [name for name, value in look(row, then).items() if value != then[name]]


def put_back(row: Model, then: Mapping[str, Any]) -> None:
    """Give the columns the values of ``then`` again, and save them."""
    fields = []
    for name, value in then.items():
        field: Any = row._meta.get_field(name)
        setattr(row, name, field.to_python(value))
        fields.append(field.name)
    row.save(update_fields=(*fields, "updated_at"))


def _plain(row: Model, name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    field: Any = row._meta.get_field(name)
    return field.value_to_string(row)
