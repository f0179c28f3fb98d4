"""What many people of the example district report: a cloudburst, a tip, unpaid wages, a night market."""

from dataclasses import dataclass

from deploy.demo.incident_topics import Topic
from deploy.demo.people import DEMO_PLACES


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Many reports of one matter.

    They lie around one cell in the area of the code `place`, `radius_km` being the standard
    deviation, so many `days` before the last day (most and least), between two hours of that day
    (past 24: the next morning).
    """

    place: str
    count: int
    radius_km: float
    days: tuple[int, int]
    hours: tuple[float, float]
    topics: tuple[Topic, ...]


CLUSTERS: tuple[Cluster, ...] = (
    Cluster(
        place="420802002",
        count=27,
        radius_km=0.7,
        days=(6, 6),
        hours=(3.5, 13.0),
        topics=(
            Topic("12", "L2", "any", "暴雨积水", "强降雨后路面积水约四十厘米，多辆车熄火，行人无法通过。"),
            Topic("12", "L2", "any", "地下车库进水", "小区地下车库倒灌，水位仍在上涨，请求排涝。"),
            Topic("11", "L3", "any", "雨水口堵塞", "雨水箅子被落叶堵住，积水退不下去。"),
            Topic("08", "L2", "any", "下穿通道积水", "下穿通道积水，已有车辆被困，请封闭道路。"),
            Topic("12", "L1", "any", "住户被困一楼", "低洼处一楼进水，有老人被困，请立即救援。"),
        ),
    ),
    Cluster(
        place="420802100",
        count=8,
        radius_km=3.0,
        days=(6, 5),
        hours=(6.0, 18.0),
        topics=(
            Topic("12", "L2", "any", "山体滑坡阻断道路", "雨后边坡滑塌，土石阻断村道，车辆无法通行。"),
            Topic("12", "L3", "any", "沟渠冲毁", "山洪冲毁一段渠道，农田进水。"),
            Topic("11", "L3", "any", "电杆倾斜", "雨后土质松软，电杆明显倾斜。"),
        ),
    ),
    Cluster(
        place="420802101",
        count=12,
        radius_km=0.08,
        days=(10, 2),
        hours=(21.5, 31.0),
        topics=(
            Topic("05", "L3", "any", "夜间偷倒建筑垃圾", "又有渣土车夜间倾倒建筑垃圾，堆积高过围墙。"),
            Topic("05", "L3", "any", "偷倒垃圾堵塞沟渠", "倾倒的装修垃圾滑入沟渠，水流不畅。"),
            Topic("06", "L3", "any", "无牌渣土车出入", "凌晨有无牌渣土车进出，路面遗撒严重。"),
        ),
    ),
    Cluster(
        place="420802400",
        count=9,
        radius_km=0.15,
        days=(4, 1),
        hours=(8.5, 17.5),
        topics=(
            Topic("14", "L3", "any", "同一工地拖欠工资", "工人反映同一项目三个月工资未足额发放。"),
            Topic("01", "L3", "any", "工地劳资纠纷", "工人与分包方在项目部门口争执，要求结算工资。"),
            Topic("13", "L2", "any", "工人聚集讨薪", "十余名工人在工地门口聚集，情绪激动，请派员疏导。"),
        ),
    ),
    Cluster(
        place=DEMO_PLACES["member"],
        count=10,
        radius_km=0.1,
        days=(13, 1),
        hours=(17.0, 23.5),
        topics=(
            Topic("06", "L3", "any", "夜市占道经营", "夜市摊位越线摆放，占用人行道和公交站台。"),
            Topic("05", "L3", "any", "夜市油烟噪声扰民", "烧烤摊油烟和音响影响楼上居民休息。"),
            Topic("01", "L3", "any", "摊主与住户争执", "住户与摊主因垃圾和停车发生争吵，需要调解。"),
            Topic("11", "L3", "any", "夜市路段下水口油污堵塞", "下水口被油污堵塞，污水溢到路面。"),
        ),
    ),
)  # fmt: skip
