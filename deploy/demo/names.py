"""Invented names for the places and people of the example district, each marked as an example."""

EXAMPLE_MARK = "（示例）"

# Two lists whose lengths have no common divisor: counting through both at once repeats a pair only
# after 17 × 12 names.
_VILLAGE_FIRST = "清青白金石双高新大南北上下长丰桃柳"
_VILLAGE_LAST = "溪桥塘岭冲店湾坪林垱坡畈"

_RESIDENTIAL = """
和平 光明 向阳 朝晖 春晖 文昌 康宁 安居 兴盛 永安 华光 福临 锦绣 枫林 梧桐 紫薇 玉兰 映山 滨河 望江 东门 西门
南台 北苑 钟楼 书院 车站 商城 银杏 翠竹 团结 友谊 民主 建设 青年 长宁 平安 幸福 丽景 天鹅 湖畔 学府 凤凰 龙山
凯旋 阳光
"""

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN_FIRST = "建志文晓春海国永明家玉秀丽红雪子思佳"
_GIVEN_LAST = "平强华军峰涛辉林波勇芳敏静娟霞燕玲"
_PEOPLE = len(_SURNAMES) * len(_GIVEN_FIRST) * len(_GIVEN_LAST)


def village_name(number: int) -> str:
    """Return the name of the village of that number, from 0; no two alike up to 204."""
    first = _VILLAGE_FIRST[5 * number % len(_VILLAGE_FIRST)]
    return f"{first}{_VILLAGE_LAST[7 * number % len(_VILLAGE_LAST)]}村"


def residential_name(number: int) -> str:
    """Return the name of the residents' community of that number, from 0; no two alike up to 92."""
    names = _RESIDENTIAL.split()
    rounds, place = divmod(number, len(names))
    return f"{names[place]}{'新' * rounds}社区"


def person_name(number: int) -> str:
    """Return the name of the invented person of that number, from 0; no two alike up to 6,120."""
    # A step without a common divisor with their number scatters neighbours over all the names.
    rest, first = divmod(2741 * number % _PEOPLE, len(_GIVEN_FIRST))
    surname, last = divmod(rest, len(_GIVEN_LAST))
    return f"{_SURNAMES[surname]}{_GIVEN_FIRST[first]}{_GIVEN_LAST[last]}{EXAMPLE_MARK}"
