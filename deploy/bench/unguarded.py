"""The edge or a service with its guards taken off, to be measured beside the real one: never to be served from.

`python -m deploy.bench.unguarded [--unsealed] gateway|patrol|…`: nobody's token is looked up after the
first time, every right reaches everything, no passport or signature is made or read, nothing is masked;
with `--unsealed` personal data is kept as it is, too.
"""

import sys

# As in `deploy.services`, which a worker must not import before it is green.
EDGE = "gateway"


def run() -> int:
    """Take the guards off this process, and serve."""
    name = sys.argv.pop()
    is_unsealed = "--unsealed" in sys.argv
    return _edge(is_unsealed) if name == EDGE else _worker(name, is_unsealed)


def _edge(is_unsealed: bool) -> int:
    from deploy.bench.guards_off import look_up_once, take_off  # not before a worker is green

    take_off(is_unsealed=is_unsealed)
    look_up_once()
    from deploy import edge  # what it imports is made of what was changed

    return edge.main()


def _worker(name: str, is_unsealed: bool) -> int:
    from deploy import worker  # before everything else: it makes the process green
    from deploy.bench.guards_off import take_off

    take_off(is_unsealed=is_unsealed)
    sys.argv[1:] = [name]
    return worker.main()


if __name__ == "__main__":
    sys.exit(run())
