"""What is left of an incident whose text and names are kept no longer: all that is counted, nobody who is named."""

from collections.abc import Mapping
from typing import Any

from shared.contracts.conversion import IncidentHandedOver
from shared.contracts.incident_steps import INCIDENT_STEPS
from shared.contracts.patrol import ANONYMISED, IncidentClosedOff, IncidentReported

# No account has this name.
NOBODY = ""
_STEP = {"by": NOBODY, "personal": {"note": ""}}
# What was handed over serves nobody once it need not be known any more whom to ask.
HANDED_OVER = {
    "by": NOBODY,
    "personal": {"title": ANONYMISED, "description": "", "note": "", "contact": None},
}
# Of each event told of an incident, what is written over.
BLANKS: Mapping[str, Mapping[str, Any]] = {
    IncidentReported.event_type: {
        "reported_by": None,
        "personal": {"title": ANONYMISED, "description": ""},
    },
    IncidentClosedOff.event_type: {"by": NOBODY},
    IncidentHandedOver.event_type: HANDED_OVER,
    **{contract.event_type: _STEP for contract in INCIDENT_STEPS.values()},
}
