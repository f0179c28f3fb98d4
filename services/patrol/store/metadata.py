"""What all of patrol's tables belong to."""

from sqlalchemy import MetaData

from shared.runtime.tables import add_machinery

metadata = MetaData()
add_machinery(metadata)
