"""The names and terms of queues: they wait in a broker for years, so they are promises."""

from shared.contracts.grid import BoundaryActivated
from shared.contracts.incident_steps import IncidentAccepted
from shared.runtime.topology import (
    call_queue,
    dead_letter_queue,
    events_exchange,
    handler_queue,
    retry_queue,
)


class TestHandlerQueue:
    def test_is_named_by_service_and_method(self) -> None:
        queue = handler_queue("command", "follow_incident", (IncidentAccepted,))

        assert queue.name == "evt--command.follow_incident"

    def test_hears_each_contract_from_the_service_that_tells_it(self) -> None:
        queue = handler_queue("command", "follow", (IncidentAccepted, BoundaryActivated))

        assert {(bound.exchange.name, bound.routing_key) for bound in queue.bindings} == {
            ("patrol.events", "patrol.incident.accepted.v1"),
            ("grid.events", "grid.boundary.activated.v1"),
        }

    def test_is_kept_on_several_machines_and_gives_up_at_last(self) -> None:
        terms = handler_queue("command", "follow", (IncidentAccepted,)).queue_arguments

        assert terms["x-queue-type"] == "quorum"
        assert terms["x-delivery-limit"] > 10
        assert terms["x-dead-letter-exchange"] == "dead-letters"
        assert terms["x-dead-letter-routing-key"] == "command"

    def test_lets_one_copy_take_them_at_a_time_where_the_order_counts(self) -> None:
        contracts = (IncidentAccepted,)
        in_order = handler_queue("command", "follow", contracts, keeps_order=True)
        in_any = handler_queue("command", "follow", contracts)

        assert in_order.queue_arguments["x-single-active-consumer"] is True
        assert "x-single-active-consumer" not in in_any.queue_arguments

    def test_passes_on_no_dead_letter_without_a_confirm(self) -> None:
        terms = handler_queue("command", "follow", (IncidentAccepted,)).queue_arguments

        assert terms["x-dead-letter-strategy"] == "at-least-once"


class TestCallQueue:
    def test_takes_all_calls_to_a_service_and_is_kept_on_several_machines(self) -> None:
        queue = call_queue("patrol")

        assert (queue.name, queue.routing_key) == ("rpc-patrol", "patrol.*")
        assert queue.queue_arguments["x-queue-type"] == "quorum"


class TestRetryQueue:
    def test_lets_a_message_fall_back_where_it_came_from(self) -> None:
        queue = retry_queue("evt--command.follow", 0.2)

        assert queue.name == "evt--command.follow.retry.200ms"
        assert queue.queue_arguments == {
            "x-queue-type": "quorum",
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            "x-message-ttl": 200,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": "evt--command.follow",
        }


class TestNames:
    def test_of_exchanges_and_dead_letter_queues(self) -> None:
        assert events_exchange("patrol").name == "patrol.events"
        assert events_exchange("patrol").type == "topic"
        assert dead_letter_queue("patrol").name == "patrol.dead"
        assert dead_letter_queue("patrol").routing_key == "patrol"
