"""Clients as the field has them: each order goes out under one key until it is acknowledged."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Self

import httpx

from deploy.chaos.orders import Order, report, steps_after
from deploy.chaos.platform import PASSWORD
from deploy.chaos.tally import Opened, Stepped, Tally

REPORTER, ADMINISTRATOR = "district", "admin"
API = "/api/v1"
# The edge answers whatever it took within 30 s; who waits longer than this has been forgotten.
ANSWER_S = 40.0
PAUSE_S = (0.1, 1.0)
# What a queue in front of a counter does to people: they ask again before they were answered.
IMPATIENCE_S = (0.01, 0.3)


class Clients:
    """Several clients that share one pile of reports."""

    def __init__(self, url: str, count: int, numbers: range) -> None:
        self.tally = Tally()
        self._url = url
        self._numbers: Iterator[int] = iter(numbers)
        self._turn = threading.Lock()
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(seed,), name=f"client-{seed}", daemon=True)
            for seed in range(count)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    @property
    def are_done(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def one(self, account: str = REPORTER) -> "Client":
        """Return one more client, for orders of its own; what it sees is counted with the rest.

        It gives nothing up: by now the platform is at rest, and answers.
        """
        return Client(self._url, self.tally, threading.Event(), len(self._threads), account)

    def give_up(self) -> None:
        """Send nothing more; what is not acknowledged stays so."""
        self._over.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(ANSWER_S)

    def _work(self, seed: int) -> None:
        with Client(self._url, self.tally, self._over, seed) as client:
            while not self._over.is_set() and (number := self._next()) is not None:
                client.live_through(number)

    def _next(self) -> int | None:
        with self._turn:
            return next(self._numbers, None)


class Client:
    """One signed-in account with one connection."""

    def __init__(
        self, url: str, tally: Tally, over: threading.Event, seed: int, account: str = REPORTER
    ) -> None:
        self._tally = tally
        self._over = over
        self._account = account
        self._dice = random.Random(seed)  # noqa: S311 – spreads load, guards nothing
        self._http = httpx.Client(base_url=url + API, timeout=ANSWER_S, trust_env=False)

    def __enter__(self) -> Self:
        """Sign in, however often it takes."""
        form = {"grant_type": "password", "username": self._account, "password": PASSWORD}
        answer = self._until(200, "sign-in", "/auth/token", data=form)
        if answer is not None:
            self._http.headers["Authorization"] = f"Bearer {answer['access_token']}"
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def live_through(self, number: int) -> None:
        """Report the incident of that number and take it as far as it goes."""
        order = report(number)
        opened = self.acknowledged(order)
        if opened is None:
            return
        self._tally.opened.append(
            Opened(
                number=number,
                key=order.key,
                incident_id=opened["id"],
                matter_no=opened["matter_no"],
            )
        )
        for step, order in steps_after(number, opened["id"]):
            if self.acknowledged(order) is None:
                return
            self._tally.stepped.append(Stepped(key=order.key, incident_id=opened["id"], step=step))

    def acknowledged(self, order: Order, answer_s: float = ANSWER_S) -> Any | None:
        """Return the answer to an order once it is done; None when it was refused or given up."""
        self._http.timeout = answer_s
        headers = {"Idempotency-Key": order.key}
        self._tally.sent.add(order.key)
        if order.is_impatient:
            with suppress(httpx.TransportError):
                self._http.post(
                    order.path,
                    json=order.body,
                    headers=headers,
                    timeout=self._dice.uniform(*IMPATIENCE_S),
                )
        return self._until(order.done, order.key, order.path, json=order.body, headers=headers)

    def _until(self, done: int, key: str, path: str, **request: Any) -> Any | None:
        while not self._over.is_set():
            answer = self._sent(path, **request)
            if answer is not None and answer.status_code == done:
                return answer.json()
            if answer is not None and answer.status_code == httpx.codes.CONFLICT:
                return None
            self._over.wait(self._dice.uniform(*PAUSE_S))
        self._tally.gave_up(key)
        return None

    def _sent(self, path: str, **request: Any) -> httpx.Response | None:
        """Send once; count what comes of it."""
        began = time.monotonic()
        try:
            answer = self._http.post(path, **request)
        except httpx.TransportError as error:
            if isinstance(error, httpx.ReadTimeout) and time.monotonic() - began >= ANSWER_S:
                self._tally.got_no_answer(path)
            else:
                self._tally.was_cut_off()
            return None
        self._tally.saw(answer.status_code, path, answer.text)
        return answer
