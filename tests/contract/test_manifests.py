"""The manifests are valid Kubernetes, keep the house rules, and run what the code has; mistakes are caught."""

import os
import shlex
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from deploy.manifests.check import PRODUCTION, house_findings, overlay_findings
from deploy.manifests.overlays import KUSTOMIZE, overlays, rendered
from deploy.manifests.pods import pods

OVERLAYS = [overlay.name for overlay in overlays()]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of the manifests to make mistakes in."""
    return Path(shutil.copytree(KUSTOMIZE, tmp_path / "k8s"))


def mistake(tree: Path, file: str, right: str, wrong: str) -> None:
    path = tree / file
    text = path.read_text("utf-8")
    assert right in text, f"{file} no longer holds {right}"
    path.write_text(text.replace(right, wrong), "utf-8")


def findings(tree: Path, overlay: str) -> str:
    documents = rendered(tree / "overlays" / overlay)
    return "\n".join(house_findings(documents, in_production=overlay == PRODUCTION))


def test_there_are_overlays_for_development_and_production() -> None:
    assert OVERLAYS == ["dev", "production"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_is_in_order(overlay: str) -> None:
    assert overlay_findings(KUSTOMIZE / "overlays" / overlay) == []


def test_production_runs_two_copies_of_each_process() -> None:
    copies = {
        document["metadata"]["name"]: document["spec"]["replicas"]
        for document in rendered(KUSTOMIZE / "overlays" / PRODUCTION)
        if document["kind"] == "Deployment"
    }

    assert copies == dict.fromkeys(
        ("command-worker", "edge", "grid-worker", "patrol-worker", "register-worker"), 2
    )


MISTAKES = {
    "a service that nobody runs": (
        ("overlays/dev/kustomization.yaml", "  - ../../services/patrol\n", ""),
        "processes: patrol is missing",
    ),
    "a service that does not exist": (
        ("services/patrol/kustomization.yaml", "value: patrol}", "value: patroll}"),
        "processes: patroll is not one of the platform's",
    ),
    "a module that is not the service's": (
        ("base/worker/deployment.yaml", "deploy.worker", "deploy.edge"),
        "processes: patrol runs ['deploy.edge', 'patrol']",
    ),
    "a service that is not migrated": (
        ("services/grid/kustomization.yaml", "initContainers/0/args/-, value: grid", "initContainers/0/args/-, value: command"),
        "migrations: grid runs ['deploy.cli', 'migrate', 'command']",
    ),
    "another service's secret": (
        ("services/patrol/kustomization.yaml", "secretRef/name, value: patrol", "secretRef/name, value: grid"),
        "Secret grid: read by Deployment grid-worker, Deployment patrol-worker",
    ),
    "a secret that nobody makes": (
        ("base/provision/job.yaml", "name: provision\n          resources", "name: admins\n          resources"),
        "reads the Secret admins, which nobody makes",
    ),
    "a variable that nobody reads": (
        ("base/worker/deployment.yaml", "WANGGE_HEARTBEAT\n", "WANGGE_HEARTBEET\n"),
        "there is no setting WANGGE_HEARTBEET",
    ),
    "a password among the variables": (
        ("base/worker/deployment.yaml", "- name: WANGGE_HEARTBEAT\n              value: /tmp/heartbeat", "- name: WANGGE_DEMO_PASSWORD\n              value: tell-everybody"),
        "WANGGE_DEMO_PASSWORD in plain text",
    ),
    "a password in a URL": (
        ("base/worker/deployment.yaml", "value: /tmp/heartbeat", "value: amqp://patrol:tell-everybody@broker/wangge"),
        "a password in plain text, in a URL",
    ),
    "a pod that is root": (
        ("base/restricted/pod.yaml", "runAsUser: 10001", "runAsUser: 0"),
        "may run as root",
    ),
    "one container that is root": (
        ("services/patrol/kustomization.yaml", "patch: |\n", "patch: |\n      - {op: add, path: /spec/template/spec/containers/0/securityContext/runAsUser, value: 0}\n"),
        "Deployment patrol-worker, worker: may run as root",
    ),
    "a container that writes into its image": (
        ("base/restricted/pod.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"),
        "may write into its image",
    ),
    "a container that keeps its capabilities": (
        ("base/restricted/first_container.yaml", "    capabilities: {drop: [ALL]}\n", ""),
        "migrate: keeps capabilities",
    ),
    "a token of the cluster": (
        ("base/restricted/pod.yaml", "automountServiceAccountToken, value: false", "automountServiceAccountToken, value: true"),
        "holds a token of the cluster",
    ),
    "a folder of the node": (
        ("base/worker/deployment.yaml", "- name: tmp\n          emptyDir: {}", "- name: tmp\n          hostPath: {path: /tmp}"),
        "mounts a folder of the node",
    ),
    "an image without a tag": (
        ("overlays/dev/kustomization.yaml", "newTag: 15-bookworm", "newTag: latest"),
        "the image postgres has no tag but latest",
    ),
    "a policy that is for nobody": (
        ("base/network/edge.yaml", "component: edge", "component: egde"),
        "NetworkPolicy edge: selects no pod",
    ),
    "a worker that is not told of the keyring": (
        ("base/worker/deployment.yaml", "            - *keyring\n", ""),
        "Deployment patrol-worker, worker: has no keyring",
    ),
    "a migration without the keyring": (
        ("base/edge/deployment.yaml", "name: WANGGE_KEYRING", "name: WANGGE_KEYRING_COMMAND"),
        "Deployment edge, migrate: has no keyring",
    ),
    "a keyring that nobody sees change": (
        ("base/worker/deployment.yaml", "mountPath: /run/keyring\n", "mountPath: /run/keyring\n              subPath: keyring.json\n"),
        "Deployment grid-worker, worker: does not see when its keyring changes",
    ),
    "a keyring that may be written": (
        ("base/worker/deployment.yaml", "mountPath: /run/keyring\n              readOnly: true", "mountPath: /run/keyring"),
        "Deployment command-worker, migrate: may write its keyring",
    ),
    "a keyring of its own": (
        ("base/worker/deployment.yaml", "secretName: keyring", "secretName: patrol"),
        "Deployment patrol-worker, worker: has another keyring than the Secret keyring",
    ),
    "a claim that is not there": (
        ("services/grid/kustomization.yaml", "claimName: data", "claimName: files"),
        "there is no PersistentVolumeClaim files",
    ),
}  # fmt: skip


@pytest.mark.parametrize("which", MISTAKES)
def test_a_mistake_is_caught(tree: Path, which: str) -> None:
    planted, said = MISTAKES[which]
    mistake(tree, *planted)

    assert said in findings(tree, "dev")


def test_a_field_that_kubernetes_does_not_know_is_caught(tree: Path) -> None:
    field = "terminationGracePeriodSeconds"
    mistake(tree, "base/worker/deployment.yaml", field, "terminationGraceSeconds")

    found = overlay_findings(tree / "overlays" / "dev")

    # By the oldest Kubernetes and by the newest, in each of the four services.
    assert len(found) == 8
    assert all("'terminationGraceSeconds' was unexpected" in finding for finding in found)


@pytest.mark.parametrize("tag", ["latest", "dev", "main"])
def test_a_tag_that_moves_is_caught_in_production(tree: Path, tag: str) -> None:
    mistake(tree, "overlays/production/kustomization.yaml", "newTag: 0.1.0", f"newTag: {tag}")

    assert "wangge" in findings(tree, PRODUCTION)


def test_a_secret_in_plain_text_is_caught(tree: Path) -> None:
    (tree / "overlays/production/secret.yaml").write_text(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: patrol}\nstringData: {a: b}\n"
    )
    mistake(
        tree,
        "overlays/production/kustomization.yaml",
        "resources:\n",
        "resources:\n  - secret.yaml\n",
    )

    assert "Secret patrol: a secret in plain text" in findings(tree, PRODUCTION)


class TestHeartbeatProbe:
    """The very command of the manifest, run by the shell that runs it in the container."""

    @pytest.fixture
    def beats(self) -> list[str]:
        commands = {
            shlex.join(container[probe]["exec"]["command"])
            for pod in pods(rendered(KUSTOMIZE / "overlays" / PRODUCTION))
            for container in pod.spec["containers"]
            for probe in ("startupProbe", "readinessProbe", "livenessProbe")
            if "exec" in container.get(probe, {})
        }
        [command] = commands
        return shlex.split(command)

    def is_well(self, beats: list[str], heartbeat: Path) -> bool:
        environment = os.environ | {"WANGGE_HEARTBEAT": str(heartbeat)}
        return (
            subprocess.run(beats, env=environment, capture_output=True, check=False).returncode == 0
        )

    def test_is_content_with_a_file_touched_just_now(
        self, beats: list[str], tmp_path: Path
    ) -> None:
        heartbeat = tmp_path / "heartbeat"
        heartbeat.touch()

        assert self.is_well(beats, heartbeat)

    @pytest.mark.parametrize(("age_s", "well"), [(10, True), (20, False), (3600, False)])
    def test_gives_it_fifteen_seconds(
        self, beats: list[str], tmp_path: Path, age_s: int, well: bool
    ) -> None:
        heartbeat = tmp_path / "heartbeat"
        heartbeat.touch()
        touched = time.time() - age_s
        os.utime(heartbeat, (touched, touched))

        assert self.is_well(beats, heartbeat) is well

    def test_fails_before_the_first_beat(self, beats: list[str], tmp_path: Path) -> None:
        assert not self.is_well(beats, tmp_path / "none")
