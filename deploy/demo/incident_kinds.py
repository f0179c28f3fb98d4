"""How often, where and when the example incidents of a category happen, and who deals with them."""

from dataclasses import dataclass

# Weight of each hour of the day, from midnight.
_BY_DAY = (1, 1, 0, 0, 0, 1, 3, 8, 20, 26, 24, 16, 8, 8, 18, 22, 20, 14, 8, 6, 4, 3, 2, 1)
_STREET = (2, 1, 1, 1, 1, 3, 9, 16, 18, 18, 16, 14, 11, 10, 13, 15, 16, 18, 19, 17, 13, 9, 5, 3)
_EVENING = (5, 3, 2, 1, 1, 1, 3, 5, 7, 7, 7, 6, 6, 5, 5, 6, 8, 11, 15, 19, 21, 20, 17, 12)
_ANY_HOUR = (5, 4, 4, 4, 4, 5, 7, 9, 10, 10, 10, 9, 8, 8, 9, 10, 10, 10, 10, 9, 8, 7, 6, 5)

_REPORTED_BY_PEOPLE = {"grid_member": 62, "citizen": 24, "hotline": 14}
_SEEN_BY_CAMERAS_TOO = {"grid_member": 48, "citizen": 24, "hotline": 12, "camera": 16}
_FOUND_ON_ROUNDS = {"grid_member": 92, "hotline": 8}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One category (rules INC-02).

    `share` is its part of all incidents in percent, `in_town` the part of these that happen in
    residents' communities, `weekend` a weekend day's weight against a weekday's. `unit` is who it is
    dispatched to, the default owner in patrol's catalogue. `result` is what a handler feeds back.
    """

    share: float
    in_town: float
    unit: str
    hours: tuple[int, ...]
    weekend: float
    sources: dict[str, int]
    result: str


KINDS: dict[str, Kind] = {
    "01": Kind(
        share=12.0,
        in_town=0.60,
        unit="mediation",
        hours=_BY_DAY,
        weekend=0.6,
        sources=_REPORTED_BY_PEOPLE,
        result="已上门劝解，双方同意由调解员主持协商，现场情绪平稳。",
    ),
    "02": Kind(
        share=3.5,
        in_town=0.80,
        unit="police",
        hours=_EVENING,
        weekend=1.3,
        sources=_SEEN_BY_CAMERAS_TOO,
        result="民警已到场处置并登记，加强该时段巡逻。",
    ),
    "03": Kind(
        share=4.0,
        in_town=0.65,
        unit="emergency",
        hours=_BY_DAY,
        weekend=0.4,
        sources=_FOUND_ON_ROUNDS,
        result="已责令停用并当场整改，隐患消除，留存照片。",
    ),
    "04": Kind(
        share=5.0,
        in_town=0.80,
        unit="fire",
        hours=_ANY_HOUR,
        weekend=0.9,
        sources=_SEEN_BY_CAMERAS_TOO,
        result="已清理堆物、恢复通道畅通，并向住户讲解用电用火要求。",
    ),
    "05": Kind(
        share=10.0,
        in_town=0.50,
        unit="ecology",
        hours=_EVENING,
        weekend=1.0,
        sources=_SEEN_BY_CAMERAS_TOO,
        result="已到现场制止并取样，责任单位限期整改，异味明显减轻。",
    ),
    "06": Kind(
        share=23.0,
        in_town=0.90,
        unit="urban-management",
        hours=_STREET,
        weekend=0.9,
        sources=_SEEN_BY_CAMERAS_TOO,
        result="已清理到位，恢复路面整洁，并向商户发放告知书。",
    ),
    "07": Kind(
        share=4.5,
        in_town=0.80,
        unit="market-supervision",
        hours=_BY_DAY,
        weekend=0.7,
        sources=_REPORTED_BY_PEOPLE,
        result="已现场检查，问题商品下架，责令限期改正。",
    ),
    "08": Kind(
        share=8.0,
        in_town=0.65,
        unit="traffic",
        hours=_STREET,
        weekend=0.8,
        sources=_SEEN_BY_CAMERAS_TOO,
        result="已疏导交通并完成修复，通行恢复正常。",
    ),
    "09": Kind(
        share=1.2,
        in_town=0.60,
        unit="police-justice-health",
        hours=_BY_DAY,
        weekend=0.2,
        sources=_FOUND_ON_ROUNDS,
        result="已会同相关人员上门，情况按规定单独记录。",
    ),
    "10": Kind(
        share=8.0,
        in_town=0.55,
        unit="civil-affairs",
        hours=_BY_DAY,
        weekend=0.4,
        sources=_REPORTED_BY_PEOPLE,
        result="已联系本人并受理，所需材料由网格员代为收集。",
    ),
    "11": Kind(
        share=14.0,
        in_town=0.80,
        unit="housing",
        hours=_STREET,
        weekend=0.7,
        sources=_REPORTED_BY_PEOPLE,
        result="已维修更换，设施恢复使用，现场已清理。",
    ),
    "12": Kind(
        share=1.3,
        in_town=0.25,
        unit="emergency",
        hours=_ANY_HOUR,
        weekend=1.0,
        sources=_SEEN_BY_CAMERAS_TOO,
        result="已设置警戒并清理完毕，专人值守至险情解除。",
    ),
    "13": Kind(
        share=0.8,
        in_town=0.65,
        unit="petition",
        hours=_BY_DAY,
        weekend=0.3,
        sources=_FOUND_ON_ROUNDS,
        result="已与诉求人见面沟通，引导依规反映，约定答复时间。",
    ),
    "14": Kind(
        share=2.0,
        in_town=0.60,
        unit="enforcement",
        hours=_BY_DAY,
        weekend=0.3,
        sources=_REPORTED_BY_PEOPLE,
        result="已初步核查并固定证据，线索移交承办科室继续办理。",
    ),
    "15": Kind(
        share=2.7,
        in_town=0.70,
        unit="service",
        hours=_BY_DAY,
        weekend=0.3,
        sources=_REPORTED_BY_PEOPLE,
        result="已电话答复并记录建议，转相关单位研究。",
    ),
}
