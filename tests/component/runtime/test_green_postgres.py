"""A connection to PostgreSQL may get the number of a socket that was closed under somebody who waits."""

import socket

import eventlet
import psycopg2
import pytest

from deploy.postgres import PrivatePostgres


def test_it_is_made_and_read_while_the_time_of_whoever_waited_runs_out(
    postgres: PrivatePostgres,
) -> None:
    ours, theirs = socket.socketpair()
    ours.settimeout(0.3)
    waiting = eventlet.spawn(ours.recv, 1)
    eventlet.sleep(0)
    number = ours.fileno()
    ours.close()

    connection = psycopg2.connect(postgres.url)

    assert connection.fileno() == number
    cursor = connection.cursor()
    cursor.execute("SELECT pg_sleep(0.5)")
    assert cursor.fetchall()
    connection.close()
    theirs.close()
    with eventlet.Timeout(5), pytest.raises(TimeoutError):
        waiting.wait()
