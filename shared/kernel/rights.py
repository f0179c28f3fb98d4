"""What each role may do: the permissions, and the default set of roles (rules §11).

A right is a role on a node of the grid tree, for a time (`Right` in `actor.py`). System, security
and audit administration never lie in one hand (GB/T 22239-2019, 8.1.5; `ADMINISTRATIONS`).
"""

from enum import StrEnum


class Role(StrEnum):
    """The roles of the platform; the level a duty officer serves is that of his node."""

    DUTY_OFFICER = "duty_officer"
    GRID_MEMBER = "grid_member"
    MEDIATOR = "mediator"
    PETITION_CLERK = "petition_clerk"
    BLACKLIST_CLERK = "blacklist_clerk"
    ENFORCEMENT_OFFICER = "enforcement_officer"
    JUSTICE_SUPERVISOR = "justice_supervisor"
    DEPARTMENT_USER = "department_user"
    AUDITOR = "auditor"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    SECURITY_ADMINISTRATOR = "security_administrator"
    # What one service asks of another on nobody's behalf; no account holds it.
    SERVICE = "service"


class Permission(StrEnum):
    """What may be done. Every door of a service and every route of the edge names the ones it needs."""

    GRID_READ = "grid.read"
    BOUNDARY_READ = "boundary.read"
    BOUNDARY_CHANGE = "boundary.change"
    OFFICERS_CHANGE = "officers.change"
    CALENDAR_SET = "calendar.set"
    CATALOGUE_READ = "catalogue.read"
    CATALOGUE_CHANGE = "catalogue.change"
    INCIDENT_REPORT = "incident.report"
    INCIDENT_READ = "incident.read"
    INCIDENT_COMMAND = "incident.command"
    INCIDENT_HANDLE = "incident.handle"
    INCIDENT_CHECK = "incident.check"
    INCIDENT_CLOSE_OFF = "incident.close_off"
    # To take many of them out of the platform, where nobody can take one back.
    INCIDENT_EXPORT = "incident.export"
    ROUTING_READ = "routing.read"
    # Whoever writes a rule tries it; putting it in force is another's.
    ROUTING_DRAFT = "routing.draft"
    ROUTING_ACTIVATE = "routing.activate"
    PERSONAL_READ = "personal.read"
    # People, houses, units and key places: masked; entered and changed; in clear, with a reason; what people
    # are looked after for; many at once.
    REGISTER_READ = "register.read"
    REGISTER_CHANGE = "register.change"
    REGISTER_PERSONAL = "register.personal"
    REGISTER_FENCED = "register.fenced"
    REGISTER_IMPORT = "register.import"
    # Rounds of patrol: to order, cancel and end them and answer their alarms; to walk them; to see them.
    PATROL_COMMAND = "patrol.command"
    PATROL_WALK = "patrol.walk"
    PATROL_READ = "patrol.read"
    # Where a person was is sensitive (PIPL, article 28): each reading says why and is on record.
    TRACK_READ = "track.read"
    BOARD_READ = "board.read"
    MATTER_READ = "matter.read"
    ALERT_READ = "alert.read"
    ALERT_DECIDE = "alert.decide"
    STREAM_FOLLOW = "stream.follow"
    FILE_KEEP = "file.keep"
    FILE_READ = "file.read"
    DEAD_LETTERS_MEND = "dead_letters.mend"
    MODELS_REBUILD = "models.rebuild"
    ACCOUNTS_MANAGE = "accounts.manage"
    AUDIT_READ = "audit.read"
    # One's own sign-in, and what everybody who has signed in may know.
    OWN_SIGN_IN = "own.sign_in"
    # What services ask of each other: records of events, the live stream's log.
    SERVICE_RECORDS = "service.records"


ADMINISTRATIONS = frozenset({Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDITOR})

_P = Permission
_ALL = {_P.OWN_SIGN_IN, _P.GRID_READ, _P.CATALOGUE_READ}
_REGISTER = {_P.REGISTER_READ, _P.REGISTER_CHANGE, _P.REGISTER_PERSONAL}
# Whoever works with cases: he reports, follows what happens at his place, and looks it up.
_CASEWORK = _ALL | {
    _P.INCIDENT_REPORT,
    _P.INCIDENT_READ,
    _P.MATTER_READ,
    _P.BOARD_READ,
    _P.STREAM_FOLLOW,
    _P.FILE_KEEP,
    _P.FILE_READ,
}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.DUTY_OFFICER: frozenset(
        _CASEWORK
        | _REGISTER
        | {
            _P.REGISTER_FENCED,
            _P.REGISTER_IMPORT,
            _P.BOUNDARY_READ,
            _P.INCIDENT_COMMAND,
            _P.INCIDENT_HANDLE,
            _P.INCIDENT_CHECK,
            _P.INCIDENT_CLOSE_OFF,
            _P.INCIDENT_EXPORT,
            _P.PERSONAL_READ,
            _P.PATROL_COMMAND,
            _P.PATROL_WALK,
            _P.PATROL_READ,
            _P.TRACK_READ,
            _P.ALERT_READ,
            _P.ALERT_DECIDE,
            _P.ROUTING_READ,
            _P.ROUTING_DRAFT,
        }
    ),
    Role.GRID_MEMBER: frozenset(
        _CASEWORK
        | _REGISTER
        | {_P.INCIDENT_HANDLE, _P.INCIDENT_CHECK, _P.PATROL_WALK, _P.PATROL_READ}
    ),
    Role.MEDIATOR: frozenset(_CASEWORK | {_P.INCIDENT_HANDLE, _P.PATROL_WALK, _P.ALERT_READ}),
    Role.PETITION_CLERK: frozenset(
        _CASEWORK | {_P.INCIDENT_CLOSE_OFF, _P.PERSONAL_READ, _P.ALERT_READ}
    ),
    Role.BLACKLIST_CLERK: frozenset(_CASEWORK),
    # Joint rounds are walked by officers of departments too.
    Role.ENFORCEMENT_OFFICER: frozenset(_CASEWORK | {_P.INCIDENT_HANDLE, _P.PATROL_WALK}),
    Role.JUSTICE_SUPERVISOR: frozenset(
        _CASEWORK
        | {_P.INCIDENT_CLOSE_OFF, _P.INCIDENT_EXPORT, _P.ALERT_READ, _P.ROUTING_READ}
        # Released prisoners and community correction are the justice office's.
        | {_P.REGISTER_READ, _P.REGISTER_FENCED}
    ),
    Role.DEPARTMENT_USER: frozenset(_CASEWORK | {_P.INCIDENT_HANDLE, _P.PATROL_WALK}),
    Role.AUDITOR: frozenset({_P.OWN_SIGN_IN, _P.AUDIT_READ}),
    Role.SYSTEM_ADMINISTRATOR: frozenset(
        _ALL
        | {
            _P.BOUNDARY_READ,
            _P.BOUNDARY_CHANGE,
            _P.OFFICERS_CHANGE,
            _P.CALENDAR_SET,
            _P.ROUTING_READ,
            _P.ROUTING_ACTIVATE,
            _P.CATALOGUE_CHANGE,
            _P.DEAD_LETTERS_MEND,
            _P.MODELS_REBUILD,
        }
    ),
    Role.SECURITY_ADMINISTRATOR: frozenset({_P.OWN_SIGN_IN, _P.ACCOUNTS_MANAGE}),
    Role.SERVICE: frozenset({_P.GRID_READ, _P.SERVICE_RECORDS}),
}


def roles_with(*permissions: Permission) -> list[Role]:
    """Return the roles that have any of these permissions, in the order of their list."""
    return [role for role in Role if not PERMISSIONS[role].isdisjoint(permissions)]
