"""The refusal of outlines that no partition or index can be made of."""

from shared.kernel.errors import Invalid


class BoundaryUnusable(Invalid, ValueError):
    """The outlines cannot be used as they are; `zh` and `en` say where and what to do."""
