"""The manifests, on a real API server: what they grant suffices, and is no more than that."""

import json
import subprocess
import sys

import httpx
import pytest
import yaml

from harness import REPOSITORY, deployment, eventually


@pytest.fixture(scope="module")
def installed(cluster):
    cluster.kubectl("apply", "-k", str(REPOSITORY / "manifests"))
    yield "callboard"
    cluster.kubectl("delete", "-k", str(REPOSITORY / "manifests"), "--wait=false")


@pytest.fixture
def token(cluster, installed):
    path = f"/api/v1/namespaces/{installed}/serviceaccounts/callboard/token"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    answer = cluster.kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(request))
    return json.loads(answer)["status"]["token"]


def test_the_controller_works_with_its_service_account_alone(
        make_callboard, cluster, namespace, token, installed, tmp_path):
    file = tmp_path / "token"
    file.write_text(token + "\n")
    kubeconfig = cluster.kubeconfig_with(tmp_path, user={"tokenFile": str(file)})
    data = json.loads(cluster.kubectl("-n", installed, "get", "configmap", "callboard-config", "-o", "json"))["data"]
    configuration = yaml.safe_load(data["app-config.yaml"])
    configuration["backend"].pop("listen")  # the port of this test instead of 7007
    configuration["callboard"]["costs"]["interval"] = 1
    callboard = make_callboard(configuration, kubeconfig=kubeconfig)
    # The settings of the file, with the test's own address.
    callboard.wait_ready()
    cluster.apply(deployment(namespace, "seen"))
    eventually(lambda: callboard.get("/api/callboard/orphans", namespace=namespace)["totals"]["workloads"] == 1)


def test_the_service_account_may_do_nothing_else(cluster, token):
    headers = {"Authorization": f"Bearer {token}"}
    base = cluster.server.geturl()
    with httpx.Client(base_url=base, headers=headers, verify=False) as client:
        for path in ("/api/v1/pods", "/api/v1/nodes", "/apis/apps/v1/deployments", "/apis/batch/v1/jobs"):
            assert client.get(path).status_code == 200, path
        for path in ("/api/v1/secrets", "/api/v1/services", "/apis/rbac.authorization.k8s.io/v1/clusterroles"):
            assert client.get(path).status_code == 403, path
        attempt = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
        assert client.post("/api/v1/namespaces/default/configmaps", json=attempt).status_code == 403
        assert client.delete("/api/v1/namespaces/default/pods/x").status_code == 403


def test_the_manifests_are_valid_for_todays_kubernetes(cluster):
    rendered = cluster.kubectl("kustomize", str(REPOSITORY / "manifests"))
    result = subprocess.run(
        [sys.executable, "-m", "kubernetes_validate", "-k", "1.34", "--strict", "-"],
        input=rendered, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_pod_is_locked_down(cluster):
    [manifest] = [one for one in yaml.safe_load_all(cluster.kubectl("kustomize", str(REPOSITORY / "manifests")))
                  if one["kind"] == "Deployment"]
    pod = manifest["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    security = container["securityContext"]
    assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert all("value" not in variable or variable["name"] == "MALLOC_ARENA_MAX" for variable in container["env"])


def test_the_sample_shows_owners_an_orphan_and_a_ghost(make_callboard, cluster):
    cluster.kubectl("apply", "-f", str(REPOSITORY / "samples/workloads.yaml"))
    catalog = {"catalog": {"locations": [{"type": "file", "target": str(REPOSITORY / "catalog")}]}}
    callboard = make_callboard(catalog).wait_ready()
    listing = callboard.get("/api/catalog/entities/by-query", filter="kind=component", fields="metadata.name")
    assert [one["metadata"]["name"] for one in listing["items"]] == [
        "liquidheatmap", "n8n-dev", "nautilus-dev", "utxoracle"]
    owned = {"nautilus-dev": 2, "n8n-dev": 2, "utxoracle": 1, "liquidheatmap": 0}
    for name, count in owned.items():
        eventually(lambda: callboard.workloads(f"component:default/{name}")["totals"]["owned"] == count, what=name)
    orphans = callboard.get("/api/callboard/orphans", namespace="automation")
    assert [one["name"] for one in orphans["workloads"]] == ["legacy-exporter"]
    facets = callboard.get("/api/catalog/entity-facets", facet="spec.type", filter="kind=resource")
    assert facets == {"facets": {"spec.type": [{"value": "mcp-profile", "count": 2}]}}
    sam = callboard.entity("user:default/sam")
    assert {"type": "ownerOf", "targetRef": "system:default/claude-infrastructure"} in sam["relations"]
    cluster.kubectl("delete", "-f", str(REPOSITORY / "samples/workloads.yaml"), "--wait=false")
