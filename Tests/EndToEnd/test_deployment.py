"""The manifests, on a real API server: what they grant suffices, and is no more than that."""

import json
import re
import subprocess
import sys

import httpx
import pytest
import yaml

from harness import REPOSITORY, component, config_map, deployment, eventually


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
    # What is on by default inside a cluster.
    configuration["callboard"]["leaderElection"] = {"enabled": True, "namespace": installed}
    configuration["callboard"]["kubernetes"] = {"events": True}
    callboard = make_callboard(configuration, kubeconfig=kubeconfig)
    # The settings of the file, with the test's own address.
    callboard.wait_ready()
    cluster.apply(deployment(namespace, "seen"))
    eventually(lambda: callboard.get("/api/callboard/orphans", namespace=namespace)["totals"]["workloads"] == 1)
    leases = cluster.kubectl("-n", installed, "get", "leases", "-o", "name")
    assert "callboard-catalog" in leases and "callboard-cluster-default" in leases and "callboard-replica-" in leases
    assert objects_of(callboard, namespace, "seen")["errors"] == []

    # What users must know is told where they look.
    cluster.apply(
        config_map(namespace, "broken", bad="kind: ["), config_map(namespace, "odd", a=component("odd", "app in (")),
        config_map(namespace, "twins", a=component("one", "instance=seen"), b=component("two", "instance=seen")))
    for kind, name, reason, note in (
            ("configmap", "broken", "InvalidCatalogDocument", "bad.yaml:2:1: "),
            ("configmap", "odd", "InvalidSelector", "component:default/odd"),
            ("deployment", "seen", "SelectorOverlap", "component:default/one, component:default/two")):
        told = eventually(lambda name=name, reason=reason: [
            one for one in events(cluster, namespace) if one["involvedObject"]["name"] == name
            and one["reason"] == reason], seconds=30, what=f"an event {reason}")
        assert note in told[0]["message"] and len(told) == 1
        assert reason in cluster.kubectl("-n", namespace, "describe", kind, name)

    # The other tests of the run see every ConfigMap of the cluster.
    cluster.kubectl("-n", namespace, "delete", "configmap", "broken", "odd", "twins")

    assert callboard.stop() == 0
    given_back = json.loads(cluster.kubectl("-n", installed, "get", "leases", "-o", "json"))["items"]
    assert all(not lease["spec"]["holderIdentity"] for lease in given_back if "replica" not in lease["metadata"]["name"])
    assert not [lease for lease in given_back if "replica" in lease["metadata"]["name"]]


def events(cluster, namespace):
    return json.loads(cluster.kubectl("-n", namespace, "get", "events", "-o", "json"))["items"]


def objects_of(callboard, namespace, name):
    """What /api/kubernetes shows of an entity that selects a workload."""
    entity = {**component(name, f"instance={name}")}
    entity["metadata"]["annotations"]["backstage.io/kubernetes-namespace"] = namespace
    response = callboard.client.post("/api/kubernetes/services/any", json={"entity": entity, "auth": {}})
    assert response.status_code == 200, response.text
    [item] = response.json()["items"]
    assert {one["type"] for one in item["resources"] if one["resources"]} >= {"pods"}
    return item


def test_the_service_account_may_do_nothing_else(cluster, token):
    headers = {"Authorization": f"Bearer {token}"}
    base = cluster.server.geturl()
    with httpx.Client(base_url=base, headers=headers, verify=False) as client:
        for path in ("/api/v1/pods", "/api/v1/nodes", "/apis/apps/v1/deployments", "/apis/batch/v1/jobs",
                     "/api/v1/services", "/apis/autoscaling/v1/horizontalpodautoscalers"):
            assert client.get(path).status_code == 200, path
        for path in ("/api/v1/secrets", "/api/v1/namespaces/callboard/secrets", "/apis/coordination.k8s.io/v1/leases",
                     "/apis/rbac.authorization.k8s.io/v1/clusterroles"):
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


def test_what_the_image_is_built_from_suffices_to_load_the_package(tmp_path):
    build = (REPOSITORY / "Dockerfile").read_text().partition("RUN swift build")[0]
    copied = re.findall(r"^COPY (\S+) \S+$", build, re.MULTILINE)
    assert "Package.swift" in copied
    for name in copied:
        (tmp_path / name).symlink_to(REPOSITORY / name)
    described = subprocess.run(
        ["swift", "package", "--package-path", str(tmp_path), "describe", "--type", "json"], capture_output=True, text=True)
    assert described.returncode == 0, described.stderr
    assert "Controller" in [target["name"] for target in json.loads(described.stdout)["targets"]]


def test_process_1_of_the_image_waits_for_what_exec_plugins_leave_behind(cluster):
    image = (REPOSITORY / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    [entry_point] = re.findall(r"^ENTRYPOINT (.*)$", image, re.MULTILINE)
    assert json.loads(entry_point) == ["/usr/bin/tini", "--", "/usr/local/bin/callboard"]
    [packages] = re.findall(r"apt-get install .*?&&", image, re.DOTALL)
    assert "tini" in packages.split()
    for manifest in yaml.safe_load_all(cluster.kubectl("kustomize", str(REPOSITORY / "manifests"))):
        if manifest["kind"] == "Deployment":
            # It would take the entry point's place.
            assert "command" not in manifest["spec"]["template"]["spec"]["containers"][0]


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
