"""docs/examples/kubernetes: valid by the schemas of the API, and in step with the Dockerfile, the settings and the commands."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest import __version__
from ingest.service.environment import load_settings
from ingest.service.settings import PREFIX, SECRETS, Settings
from ingest.web.dashboard import metrics

FILES = sorted((Path(__file__).parents[1] / "docs/examples/kubernetes").glob("*.yaml"))
OBJECTS = [each for path in FILES for each in yaml.safe_load_all(path.read_text())]
PODS = {each["metadata"]["name"]: each["spec"]["template"]["spec"] for each in OBJECTS if "template" in each["spec"]}
API_VERSIONS = ("1.29", "1.34")


@pytest.mark.parametrize("version", API_VERSIONS)
def test_the_schemas_of_the_api_accept_all(version: str) -> None:
    if not os.environ.get("CI"):
        pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed: make engines")
    import kubernetes_validate  # noqa: PLC0415 - optional

    for each in OBJECTS:
        kubernetes_validate.validate(each, version, strict=True)
    broken: dict[str, Any] = {**OBJECTS[0], "spec": OBJECTS[0]["spec"] | {"acessModes": []}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, version, strict=True)


@pytest.mark.parametrize("name", PODS)
def test_a_pod_is_confined_and_ends_in_time(name: str) -> None:
    pod = PODS[name]
    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    assert not pod["enableServiceLinks"]
    assert pod["terminationGracePeriodSeconds"] <= 30
    for container in pod["containers"]:
        confined = container["securityContext"]
        assert confined["readOnlyRootFilesystem"]
        assert confined["capabilities"] == {"drop": ["ALL"]}
        assert not confined["allowPrivilegeEscalation"]
        assert container["resources"]["limits"]["memory"]
        assert {"livenessProbe", "readinessProbe"} & container.keys()


def test_names_agree() -> None:
    claims = {each["metadata"]["name"] for each in OBJECTS if each["kind"] == "PersistentVolumeClaim"}
    services = {each["metadata"]["name"] for each in OBJECTS if each["kind"] == "Service"}
    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in SECRETS}
    for pod in PODS.values():
        volumes = {volume["name"]: volume for volume in pod["volumes"]} | {"data": {}}
        for volume in volumes.values():
            assert volume.get("persistentVolumeClaim", {}).get("claimName") in {None, *claims}
        for container in pod["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes.keys()
            given = {each["name"]: each.get("value", "") for each in container.get("env", ())}
            assert {name for name in given if name.startswith(PREFIX)} <= known
            if url := given.get("INGEST_BROKER_URL"):
                assert load_settings(broker_url=url).broker_shown == url
                assert url.split("/")[2].split(":")[0] in services
            assert container["image"].partition(":")[0] == "redis" or container["image"] == f"news-ingest:{__version__}"
    scalers = [each for each in OBJECTS if each["kind"] == "HorizontalPodAutoscaler"]
    assert {each["spec"]["scaleTargetRef"]["name"] for each in scalers} <= PODS.keys()
    for each in scalers:
        assert f'"{each["spec"]["metrics"][0]["external"]["metric"]["name"]}"' in Path(metrics.__file__).read_text()
