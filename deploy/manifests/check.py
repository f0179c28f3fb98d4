"""Everything that is looked at in one overlay."""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from deploy.manifests.agreement import agreement_findings
from deploy.manifests.hardening import hardening_findings
from deploy.manifests.images import image_findings
from deploy.manifests.overlays import Document, rendered
from deploy.manifests.pods import name_of, pods
from deploy.manifests.references import reference_findings
from deploy.manifests.schemas import schema_findings
from deploy.manifests.secrecy import secrecy_findings

PRODUCTION = "production"


def overlay_findings(overlay: Path) -> list[str]:
    """Return what is wrong with an overlay.

    Raises:
        CannotDo: it cannot be rendered.
    """
    documents = rendered(overlay)
    by_schema = [
        f"{name_of(document)}: {finding}"
        for document in documents
        for finding in schema_findings(document)
    ]
    # The other checks read fields that a wrong document may not have.
    return by_schema or house_findings(documents, in_production=overlay.name == PRODUCTION)


def house_findings(documents: Iterable[Document], *, in_production: bool) -> list[str]:
    """Return what is wrong by our own rules, with documents that Kubernetes would take."""
    documents = list(documents)
    by_pod = chain.from_iterable(
        chain(hardening_findings(pod), image_findings(pod, in_production=in_production))
        for pod in pods(documents)
    )
    return [
        *by_pod,
        *secrecy_findings(documents),
        *agreement_findings(documents),
        *reference_findings(documents),
    ]
