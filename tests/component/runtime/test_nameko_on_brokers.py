"""nameko's services, unchanged, on both brokers."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from nameko.containers import ServiceContainer
from nameko.events import BROADCAST, SINGLETON, EventDispatcher
from nameko.exceptions import (
    IncorrectSignature,
    MethodNotFound,
    RemoteError,
    RpcTimeout,
    UnknownService,
)
from nameko.rpc import RpcProxy
from nameko.runners import ServiceRunner
from nameko.standalone.events import event_dispatcher
from nameko.standalone.rpc import ClusterRpcProxy, ServiceRpcProxy
from nameko.utils.concurrency import SpawningProxy

from tests.brokers import QUIET_S, eventually
from tests.component.runtime.nameko_doors import event_handler, rpc

TIMEOUT_S = 10


@pytest.fixture(autouse=True)
def heard() -> Iterator[list[Any]]:
    """Collect what the handlers below were told."""
    Handler.heard.clear()
    yield Handler.heard
    Handler.may_finish.set()


@pytest.fixture
def config(broker: str) -> dict[str, Any]:
    return {"AMQP_URI": broker, "max_workers": 5}


@pytest.fixture
def run(config: dict[str, Any]) -> Iterator[Callable[..., ServiceContainer]]:
    """Start a service in a container of its own; all are ended afterwards, at once."""
    containers: list[ServiceContainer] = []

    def start(service: type, **settings: Any) -> ServiceContainer:
        container = ServiceContainer(service, config | settings)
        container.start()
        containers.append(container)
        return container

    yield start
    SpawningProxy(containers).kill()


class Greeter:
    name = "greeter"

    @rpc
    def greet(self, name: str) -> str:
        return f"你好 {name}"

    @rpc
    def fail(self, why: str) -> None:
        raise ValueError(why)


class Host:
    """Asks a neighbour, and tells everybody."""

    name = "host"
    greeter = RpcProxy("greeter")
    nobody = RpcProxy("nobody")
    tell = EventDispatcher()

    @rpc
    def welcome(self, name: str) -> str:
        greeting: str = self.greeter.greet(name)
        self.tell("welcomed", {"name": name})
        return greeting

    @rpc
    def ask_nobody(self) -> str:
        try:
            self.nobody.anything()
        except UnknownService as unknown:
            return str(unknown)
        return "somebody answered"


class Handler:
    heard: ClassVar[list[Any]] = []
    may_finish: ClassVar[threading.Event] = threading.Event()


class Pooled:
    name = "pooled"

    @event_handler("host", "welcomed")
    def on_welcomed(self, event: dict[str, Any]) -> None:
        Handler.heard.append(("pooled", event["name"]))


class AlsoPooled:
    name = "also_pooled"

    @event_handler("host", "welcomed")
    def on_welcomed(self, event: dict[str, Any]) -> None:
        Handler.heard.append(("also_pooled", event["name"]))


class Single:
    name = "single"

    @event_handler("host", "welcomed", handler_type=SINGLETON)
    def on_welcomed(self, event: dict[str, Any]) -> None:
        Handler.heard.append(event["name"])


class AlsoSingle(Single):
    name = "also_single"


class Everywhere:
    name = "everywhere"

    @event_handler("host", "welcomed", handler_type=BROADCAST, reliable_delivery=False)
    def on_welcomed(self, event: dict[str, Any]) -> None:
        Handler.heard.append(event["name"])


class Slow:
    name = "slow"
    running: ClassVar[Counter[str]] = Counter()

    @rpc
    def take_time(self, seconds: float) -> int:
        self.running["now"] += 1
        self.running["most"] = max(self.running["most"], self.running["now"])
        time.sleep(seconds)
        self.running["now"] -= 1
        return self.running["most"]

    @event_handler("host", "welcomed")
    def on_welcomed(self, event: dict[str, Any]) -> None:
        Handler.heard.append(("began", event["name"]))
        Handler.may_finish.wait()
        Handler.heard.append(("done", event["name"]))


class Stubborn:
    name = "stubborn"

    @event_handler("host", "welcomed", requeue_on_error=True)
    def on_welcomed(self, event: dict[str, Any]) -> None:
        Handler.heard.append(("stubborn", event["name"]))
        if Handler.heard.count(("stubborn", event["name"])) < 3:
            raise RuntimeError("not yet")


class TestRpc:
    def test_answers(self, run: Any, config: dict[str, Any]) -> None:
        run(Greeter)

        with ServiceRpcProxy("greeter", config, timeout=TIMEOUT_S) as greeter:
            assert greeter.greet("网格员") == "你好 网格员"
            replies = [greeter.greet.call_async(str(number)) for number in range(20)]
            assert [reply.result() for reply in replies] == [f"你好 {n}" for n in range(20)]

    def test_passes_errors_on(self, run: Any, config: dict[str, Any]) -> None:
        run(Greeter)

        with ServiceRpcProxy("greeter", config, timeout=TIMEOUT_S) as greeter:
            with pytest.raises(RemoteError, match="ValueError 不行"):
                greeter.fail("不行")
            with pytest.raises(MethodNotFound):
                greeter.no_such_method()
            with pytest.raises(IncorrectSignature):
                greeter.greet()
            assert greeter.greet("still") == "你好 still"

    def test_knows_that_a_service_is_unknown(self, run: Any, config: dict[str, Any]) -> None:
        run(Host)

        with ClusterRpcProxy(config, timeout=TIMEOUT_S) as cluster:
            with pytest.raises(UnknownService):
                cluster.nobody.anything()
            assert "nobody" in cluster.host.ask_nobody()

    def test_can_be_asked_again_after_a_timeout(self, run: Any, config: dict[str, Any]) -> None:
        run(Slow)

        with ServiceRpcProxy("slow", config, timeout=0.3) as slow:
            with pytest.raises(RpcTimeout):
                slow.take_time(1)
            assert slow.take_time(0) >= 1

    def test_never_runs_more_workers_than_allowed(self, run: Any, config: dict[str, Any]) -> None:
        Slow.running.clear()
        run(Slow, max_workers=3)

        with ServiceRpcProxy("slow", config, timeout=TIMEOUT_S) as slow:
            replies = [slow.take_time.call_async(0.1) for _ in range(10)]
            most = [reply.result() for reply in replies]

        assert max(most) == 3


class TestEvents:
    def test_each_service_of_a_pool_hears_once(
        self, run: Any, config: dict[str, Any], heard: list[Any]
    ) -> None:
        for service in (Pooled, Pooled, AlsoPooled):
            run(service)

        tell = event_dispatcher(config)
        for number in range(10):
            tell("host", "welcomed", {"name": number})

        eventually(lambda: len(heard) >= 20)
        assert sorted(heard) == sorted(
            (service, number) for service in ("pooled", "also_pooled") for number in range(10)
        )

    def test_singleton_is_heard_by_one_service_of_all(
        self, run: Any, config: dict[str, Any], heard: list[Any]
    ) -> None:
        for service in (Single, AlsoSingle):
            run(service)

        tell = event_dispatcher(config)
        for number in range(10):
            tell("host", "welcomed", {"name": number})

        eventually(lambda: len(heard) >= 10)
        time.sleep(QUIET_S)
        assert sorted(heard) == list(range(10))

    def test_broadcast_is_heard_by_every_instance(
        self, run: Any, config: dict[str, Any], heard: list[Any]
    ) -> None:
        for _ in range(3):
            run(Everywhere)

        event_dispatcher(config)("host", "welcomed", {"name": "x"})

        eventually(lambda: heard == ["x", "x", "x"])

    def test_waits_for_a_service_that_is_away(
        self, run: Any, config: dict[str, Any], heard: list[Any]
    ) -> None:
        run(Pooled).stop()
        event_dispatcher(config)("host", "welcomed", {"name": "x"})

        run(Pooled)

        eventually(lambda: heard == [("pooled", "x")])

    def test_requeued_event_comes_back_to_its_own_handler_only(
        self, run: Any, config: dict[str, Any], heard: list[Any]
    ) -> None:
        for service in (Pooled, Stubborn):
            run(service)

        event_dispatcher(config)("host", "welcomed", {"name": "x"})

        eventually(lambda: len(heard) >= 4)
        time.sleep(QUIET_S)
        assert Counter(heard) == {("stubborn", "x"): 3, ("pooled", "x"): 1}


class TestStopping:
    def test_stop_finishes_what_runs_and_leaves_the_rest(
        self, run: Any, config: dict[str, Any], heard: list[Any]
    ) -> None:
        Handler.may_finish.clear()
        container = run(Slow, max_workers=1)
        tell = event_dispatcher(config)
        for name in ("first", "second"):
            tell("host", "welcomed", {"name": name})
        eventually(lambda: heard == [("began", "first")])

        stopping = threading.Thread(target=container.stop)
        stopping.start()
        time.sleep(QUIET_S)
        Handler.may_finish.set()
        stopping.join()
        run(Slow)

        eventually(lambda: len(heard) >= 4)
        assert sorted(heard) == sorted(
            [(step, name) for step in ("began", "done") for name in ("first", "second")]
        )

    def test_killed_work_is_done_by_the_next(
        self, run: Any, config: dict[str, Any], heard: list[Any]
    ) -> None:
        Handler.may_finish.clear()
        container = run(Slow)
        event_dispatcher(config)("host", "welcomed", {"name": "x"})
        eventually(lambda: heard == [("began", "x")])

        container.kill()
        Handler.may_finish.set()
        run(Slow)

        eventually(lambda: heard == [("began", "x"), ("began", "x"), ("done", "x")])


class TestServiceRunner:
    def test_runs_services_that_call_and_tell_each_other(
        self, config: dict[str, Any], heard: list[Any]
    ) -> None:
        runner = ServiceRunner(config)
        for service in (Greeter, Host, Pooled, AlsoPooled):
            runner.add_service(service)
        runner.start()
        try:
            with ClusterRpcProxy(config, timeout=TIMEOUT_S) as cluster:
                assert cluster.host.welcome("网格员") == "你好 网格员"
            eventually(lambda: len(heard) >= 2)
        finally:
            runner.stop()

        assert sorted(heard) == [("also_pooled", "网格员"), ("pooled", "网格员")]
