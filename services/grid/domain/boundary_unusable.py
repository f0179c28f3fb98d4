"""The refusal of outlines that no partition or index can be made of."""

from typing import Self

from shared.kernel.errors import Invalid


class BoundaryUnusable(Invalid, ValueError):
    """The outlines cannot be used as they are; `zh` and `en` say where and what to do."""

    @classmethod
    def because_faces_overlap(cls, lon: float, lat: float) -> Self:
        """Refuse faces that share more than a border at a place in WGS-84 degrees."""
        return cls(
            code="faces_overlap",
            zh=f"经度 {lon:.7f}、纬度 {lat:.7f} 处有重叠的面：请先编译为无重叠的划分，再建索引。",
            en=f"Faces overlap at longitude {lon:.7f}, latitude {lat:.7f}: "
            "compile them into a partition first, then build the index.",
        )
