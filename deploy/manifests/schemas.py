"""The Kubernetes schemas, which refuse a field that they do not know."""

import kubernetes_validate

from deploy.manifests.overlays import Document

# What the sleep before stopping needs; later schemas take these documents as well.
OLDEST = "1.30"
NEWEST = kubernetes_validate.latest_version()


def schema_findings(document: Document) -> list[str]:
    """Return what is wrong with a document by the oldest or the newest Kubernetes we speak to."""
    findings = []
    for version in (OLDEST, NEWEST):
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            where = ".".join(map(str, error.path))
            findings.append(f"Kubernetes {version}: {where}: {error.message}")
        except kubernetes_validate.SchemaNotFoundError as error:
            findings.append(f"Kubernetes {version}: {error.message}")
    return findings
