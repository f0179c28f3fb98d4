from itertools import islice

from deploy.chaos.strikes import PROCESSES, SERVERS, Pace, Strike, strikes

PACE = Pace(every_s=(1.0, 3.0), away_s=(5.0, 8.0), rounds=2)


def first(count: int, seed: int) -> list[Strike]:
    return list(islice(strikes(seed, PACE), count))


class TestStrikes:
    def test_come_in_the_same_order_for_the_same_seed(self) -> None:
        assert first(50, seed=7) == first(50, seed=7)
        assert first(50, seed=7) != first(50, seed=8)

    def test_spare_nobody(self) -> None:
        struck = {kill.program for strike in first(10, seed=7) for kill in strike.kills}

        assert struck == {*SERVERS, *PROCESSES}

    def test_hit_several_at_once_now_and_then_and_none_twice(self) -> None:
        sizes = set()
        for strike in first(100, seed=7):
            programs = [kill.program for kill in strike.kills]
            assert len(programs) == len(set(programs))
            sizes.add(len(programs))

        assert sizes == {1, 2, 3}

    def test_keep_servers_away_and_nobody_else(self) -> None:
        kills = [kill for strike in first(100, seed=7) for kill in strike.kills]

        away = [kill for kill in kills if kill.away_s]
        assert {kill.program for kill in away} == set(SERVERS)
        assert all(5.0 <= kill.away_s <= 8.0 for kill in away)
        # Now and then a server is back at once.
        assert any(kill.program in SERVERS and not kill.away_s for kill in kills)

    def test_mostly_let_the_platform_do_some_work_before_the_next(self) -> None:
        waits = [strike.after_acknowledged for strike in first(300, seed=7)]

        assert set(waits) == {0, PACE.acknowledged}
        assert waits.count(0) < len(waits) / 2

    def test_keep_to_their_pace(self) -> None:
        assert all(1.0 <= strike.after_s <= 3.0 for strike in first(100, seed=7))
