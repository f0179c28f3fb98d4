"""The door of OGC API – Features: whatever is wrong about an address is answered 400."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from services.gateway.routes.doors import SignedInDoor
from services.gateway.routes.problems import HttpRefusal, field_errors, no_such_thing
from shared.kernel.errors import FieldError, Invalid


class OgcDoor(SignedInDoor):
    """A route for who has signed in, that takes no parameter it does not know.

    OGC 17-069r4, requirements 8 and 9: a parameter that the API's definition does not name, or of a
    value it does not allow, is answered 400; elsewhere here it would be 422, or passed over.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what serves a request to this route."""
        serve = super().get_route_handler()

        async def enter(request: Request) -> Response:
            try:
                return await serve(request)
            except RequestValidationError as error:
                if any(detail["loc"][0] == "path" for detail in error.errors()):
                    raise no_such_thing() from None
                raise wrong_parameters(field_errors(error)) from None
            except Invalid as refusal:
                raise wrong_parameters(refusal.errors) from None

        return enter

    async def admit(self, request: Request) -> None:
        """Let in who has signed in and may do this somewhere, and asks for nothing unknown."""
        await super().admit(request)
        known = query_names(self.dependant)
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            may = ", ".join(sorted(known)) or "-"
            raise wrong_parameters(
                [
                    FieldError(
                        field=name,
                        code="unknown_parameter",
                        zh=f"没有这个参数；可用：{may}",
                        en=f"there is no such parameter; there are: {may}",
                    )
                    for name in unknown
                ]
            )


def query_names(dependant: Dependant) -> set[str]:
    """Return the parameters of an address that a route takes, itself or by what it depends on."""
    names = {field.alias for field in dependant.query_params}
    return names.union(*map(query_names, dependant.dependencies))


def wrong_parameters(errors: Any) -> HttpRefusal:
    """Return the refusal that names each parameter that is wrong."""
    return HttpRefusal(
        400,
        code="invalid",
        zh="有参数不合要求，详见 errors。",
        en="Some parameters are wrong; see errors.",
        errors=tuple(errors),
    )


def wrong_parameter(name: str, code: str, zh: str, en: str) -> HttpRefusal:
    """Return the same for one."""
    return wrong_parameters([FieldError(field=name, code=code, zh=zh, en=en)])
