"""Which images are run: each by a tag, in production by one that means the same tomorrow."""

from collections.abc import Iterator

from deploy.manifests.pods import Pod

# Tags that move with every build.
_MOVING = ("latest", "dev", "main", "edge")


def image_findings(pod: Pod, *, in_production: bool) -> Iterator[str]:
    """Tell which images of a pod have no tag, or one that does not stay."""
    for container in pod.containers:
        name, _, tag = container["image"].rpartition("/")[2].partition(":")
        if not tag or tag == "latest":
            yield f"{pod.owner}: the image {name} has no tag but latest"
        elif in_production and tag in _MOVING:
            yield f"{pod.owner}: the tag of {name}:{tag} moves"
