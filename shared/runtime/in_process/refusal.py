"""The refusals of the in-process broker: RabbitMQ's codes, in both languages."""

import amqp


def not_found(what: str, what_zh: str, name: str, vhost: str) -> amqp.NotFound:
    return amqp.NotFound(
        f"NOT_FOUND - no {what} {name!r} in vhost {vhost!r}, declare it first"
        f"；没有{what_zh} {name!r}，请先声明"
    )


def declared_differently(what: str, what_zh: str, name: str, vhost: str) -> amqp.PreconditionFailed:
    return amqp.PreconditionFailed(
        f"PRECONDITION_FAILED - inequivalent arg for {what} {name!r} in vhost {vhost!r}, declare it "
        f"as before or delete it；{what_zh} {name!r} 已按其他参数声明，请改为一致或先删除"
    )


def wrong_argument(queue: str, argument: str, why: str, why_zh: str) -> amqp.PreconditionFailed:
    return amqp.PreconditionFailed(
        f"PRECONDITION_FAILED - queue {queue!r}, {argument}: {why}；队列参数 {argument}：{why_zh}"
    )


def in_use(what: str, what_zh: str, name: str) -> amqp.PreconditionFailed:
    return amqp.PreconditionFailed(
        f"PRECONDITION_FAILED - {what} {name!r} in use or not empty；{what_zh} {name!r} 仍在使用或非空"
    )


def locked(queue: str) -> amqp.ResourceLocked:
    return amqp.ResourceLocked(
        f"RESOURCE_LOCKED - queue {queue!r} belongs to another connection"
        f"；队列 {queue!r} 由其他连接独占"
    )


def default_exchange() -> amqp.AccessRefused:
    return amqp.AccessRefused(
        "ACCESS_REFUSED - the default exchange cannot be changed, name another"
        "；不可更改默认交换机，请指定其他交换机"
    )


def invalid_expiration(expiration: str) -> amqp.PreconditionFailed:
    return amqp.PreconditionFailed(
        f"PRECONDITION_FAILED - invalid expiration {expiration!r}, give whole milliseconds"
        f"；过期时间 {expiration!r} 无效，应为整数毫秒"
    )


def tag_reused(tag: str) -> amqp.NotAllowed:
    return amqp.NotAllowed(
        f"NOT_ALLOWED - consumer tag {tag!r} is taken；消费者标签 {tag!r} 已被占用"
    )


def unknown_delivery(tag: int) -> amqp.PreconditionFailed:
    return amqp.PreconditionFailed(
        f"PRECONDITION_FAILED - unknown delivery tag {tag}, acknowledge once on the channel that "
        f"delivered；未知的投递标签 {tag}，请在原信道上只确认一次"
    )


def closed(what: str, what_zh: str) -> amqp.RecoverableConnectionError:
    return amqp.RecoverableConnectionError(f"{what} already closed；{what_zh}已关闭，请重新建立")


def not_done(what: str, what_zh: str) -> amqp.AMQPNotImplementedError:
    return amqp.AMQPNotImplementedError(
        f"NOT_IMPLEMENTED - the in-process broker has no {what}, use RabbitMQ"
        f"；进程内消息代理不支持{what_zh}，请改用 RabbitMQ"
    )
