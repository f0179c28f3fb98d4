"""A record that is about to be changed: there, in reach, and as its changer knows it."""

from services.register.domain.record import Record
from services.register.domain.refusals import changed_meanwhile, is_ended, no_such_record
from services.register.ports import RecordStore
from shared.kernel.actor import Actor, not_permitted
from shared.kernel.rights import Permission


def held(
    store: RecordStore,
    record_id: str,
    actor: Actor,
    *,
    version: int | None,
    permission: Permission = Permission.REGISTER_CHANGE,
) -> Record:
    """Return the record, held until the transaction ends.

    Raises:
        NotFound: there is none under the actor's place.
        Forbidden: he may see it there, and not do this to it.
        RuleBroken: it has ended, or is at another version than *version*.
    """
    found = store.find(record_id)
    if found is None or not actor.reaches(found.place.codes, Permission.REGISTER_READ, permission):
        raise no_such_record()
    if not actor.reaches(found.place.codes, permission):
        raise not_permitted(permission)
    if not found.is_present:
        raise is_ended(found.state)
    if version is not None and version != found.version:
        raise changed_meanwhile(found.version)
    return found
