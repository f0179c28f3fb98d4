"""The town-level divisions of Dongbao, with their official codes and an example place for each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """One street, town, township or park of the district.

    `code` and `name` are facts (statistical division codes, edition of 2023). The rest is the
    example's: where the division's seat lies (longitude and latitude, WGS-84), how far the division
    spreads from there in relation to others, and which share of its communities are residents'
    committees (居委会) and not villages.
    """

    code: str
    name: str
    seat: tuple[float, float]
    spread: float
    urban_share: float


DISTRICT_CODE = "420802"
DISTRICT_NAME = "东宝区"

KNOWN_COMMUNITIES = {"420802001013": "塔影社区"}
"""The village-level divisions of which code and name are known."""

DIVISIONS: tuple[Division, ...] = (
    Division(code="420802001", name="龙泉街道", seat=(112.1930, 31.0480), spread=0.45, urban_share=0.85),
    Division(code="420802002", name="泉口街道", seat=(112.2180, 31.0580), spread=0.50, urban_share=0.85),
    Division(code="420802100", name="栗溪镇", seat=(111.9450, 31.2950), spread=1.15, urban_share=0.10),
    Division(code="420802101", name="子陵铺镇", seat=(112.1950, 31.1650), spread=1.00, urban_share=0.10),
    Division(code="420802102", name="漳河镇", seat=(112.0800, 30.9850), spread=1.00, urban_share=0.12),
    Division(code="420802103", name="马河镇", seat=(112.0750, 31.2250), spread=0.75, urban_share=0.10),
    Division(code="420802104", name="石桥驿镇", seat=(112.2850, 31.2300), spread=1.10, urban_share=0.10),
    Division(code="420802105", name="牌楼镇", seat=(112.2750, 31.0150), spread=1.00, urban_share=0.12),
    Division(code="420802200", name="仙居乡", seat=(112.1150, 31.3550), spread=1.00, urban_share=0.10),
    Division(code="420802400", name="东宝工业园区", seat=(112.2450, 31.0880), spread=0.40, urban_share=0.50),
)  # fmt: skip
