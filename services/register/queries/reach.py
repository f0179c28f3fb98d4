"""What lies under a place, and what an actor reaches, as conditions that indexes answer."""

from services.register.store.tables import record_table
from shared.runtime.places import PlacedRows

_RECORDS = PlacedRows(record_table)
under = _RECORDS.under
reached = _RECORDS.reached
