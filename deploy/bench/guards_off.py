"""What takes the guards off a process of a benchmark: no look-up, no rights, no passports, no masks."""

from typing import Any

from shared.kernel import personal_data
from shared.kernel.actor import WHOLE_TREE, Actor
from shared.runtime.identity import Identity
from shared.runtime.sealing import MARKS, Sealer
from shared.runtime.serving import Serving

_open_sealed = Sealer.open


def take_off(*, is_unsealed: bool) -> None:
    """Let everybody do everything, believe everybody, mask nothing, and perhaps seal nothing."""
    _let_everybody_do_all()
    _believe_everybody()
    _mask_nothing()
    if is_unsealed:
        _seal_nothing()


def look_up_once() -> None:
    """Let the edge take every token for the first that was good."""
    from services.gateway.routes.guard import Guard  # only the edge has one

    ask = Guard._ask

    async def holder(guard: Guard, token: str) -> Any:
        if not guard._known:
            await ask(guard, token)
        return next(iter(guard._known.values()))[0]

    _put(Guard, holder=holder)


def _let_everybody_do_all() -> None:
    _put(Actor, may=lambda *_: True, need=lambda *_: None, reaches=lambda *_: True)
    _put(Actor, places=lambda *_: (WHOLE_TREE,))


def _believe_everybody() -> None:
    _put(Identity, vouched=lambda _, call: call, sign=lambda _, headers, __: headers)
    _put(Identity, check=lambda *_: None)
    _put(Serving, show_passport=lambda _: None)


def _mask_nothing() -> None:
    for kind in personal_data.Masked.__subclasses__():
        kind.mask = classmethod(lambda _, plain: plain)  # type: ignore[method-assign, assignment]


def _seal_nothing() -> None:
    marks = set(MARKS.values())

    def opened(sealer: Sealer, kept: bytes, at: str) -> bytes:
        # What the demo laid out was sealed; no text begins with a mark.
        return _open_sealed(sealer, kept, at) if kept[:1] and kept[0] in marks else kept

    _put(Sealer, seal=lambda _, text, __: text, open=opened)
    _put(Sealer, sealed_body=lambda _, __, body: body)


def _put(kind: type, **methods: Any) -> None:
    for name, method in methods.items():
        setattr(kind, name, method)
