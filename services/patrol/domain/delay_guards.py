"""What refuses to ask for a delay or to approve one: nobody approves what he asked for himself (rules INC-04)."""

from services.patrol.domain.delay import EXTEND, SUSPEND
from services.patrol.domain.guards import Guard


def _not_asked(kind: str, *, code: str, zh: str, en: str) -> Guard:
    return Guard(
        code=code,
        zh=zh,
        en=en,
        refuses=lambda incident, order, actor: (
            incident.asked is None or incident.asked.kind != kind
        ),
    )


SUSPENSION_NOT_ASKED = _not_asked(
    SUSPEND,
    code="suspension_not_asked",
    zh="没有待批准的中止申请；先由承办人申请（ask-suspend）。",
    en="No suspension was asked for; whoever handles it asks first (ask-suspend).",
)
EXTENSION_NOT_ASKED = _not_asked(
    EXTEND,
    code="extension_not_asked",
    zh="没有待批准的延期申请；先由承办人申请（ask-extend）。",
    en="No extension was asked for; whoever handles it asks first (ask-extend).",
)
NO_DELAY_ASKED = Guard(
    code="no_delay_asked",
    zh="没有待决定的中止或延期申请。",
    en="No suspension or extension waits for a decision.",
    refuses=lambda incident, order, actor: incident.asked is None,
)
DELAY_ASKED_ALREADY = Guard(
    code="delay_asked_already",
    zh="已有中止或延期申请待批准。",
    en="A suspension or an extension waits for its approval already.",
    refuses=lambda incident, order, actor: incident.asked is not None,
)
APPROVES_OWN_REQUEST = Guard(
    code="approves_own_request",
    zh="申请人不得批准自己的中止、延期申请。",
    en="Whoever asked for a suspension or an extension does not approve it.",
    refuses=lambda incident, order, actor: (
        incident.asked is not None and incident.asked.by == actor.account
    ),
)
