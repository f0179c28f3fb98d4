"""The catalogue of categories over HTTP: what reaches patrol, and what the edge refuses before."""

from typing import Any

from tests.component.gateway.behind import Toy
from tests.component.gateway.browser import Browser, of, refused, wrong_fields

ENTRY = {"code": "05", "zh": "生态环境", "en": "Environment", "owner": "ecology"}


def asked(method: str) -> dict[str, Any]:
    """Return what the service was last asked."""
    return next(entry[2] for entry in reversed(Toy.asked) if entry[1] == method)


def test_a_catalogue_is_brought_as_entries_or_as_a_file(admin: Browser) -> None:
    of(admin.post("/catalogue", json={"source": "区政法委", "entries": [ENTRY]}), 201)
    assert asked("import_catalogue")["order"] == {
        "source": "区政法委",
        "entries": [ENTRY | {"sensitivity": "none", "parent": None}],
        "csv": "",
        "dry_run": False,
    }
    answer = admin.post("/catalogue", json={"source": "例", "csv": "code\n", "dry_run": True})
    of(answer, 200)


def test_every_wrong_entry_is_named(admin: Browser) -> None:
    entries = [ENTRY | {"code": "5" * 17}, ENTRY | {"colour": "red", "zh": ""}]

    wrong = wrong_fields(admin.post("/catalogue", json={"entries": entries}))

    assert wrong >= {"source", "entries.0.code", "entries.1.zh"}


def test_a_version_is_shown_and_put_in_force(admin: Browser) -> None:
    assert of(admin.get("/catalogue"), 200)["items"] == []
    assert of(admin.get("/catalogue/2"), 200) == {"version": 2}
    of(admin.post("/catalogue/2/activate"), 200)
    assert asked("activate_catalogue") == {"version": 2, "order": {"effective_on": None}}
    of(admin.post("/catalogue/2/activate", json={"effective_on": "2027-01-01"}), 200)
    assert wrong_fields(admin.post("/catalogue/2/activate", json={"effective_on": "soon"})) == {
        "effective_on"
    }


def test_nobody_else_changes_it(desk: Browser) -> None:
    refused(desk.post("/catalogue", json={"source": "例", "entries": [ENTRY]}), 403)
    refused(desk.post("/catalogue/2/activate"), 403)
