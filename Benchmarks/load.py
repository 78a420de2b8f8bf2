"""Fills an API server with a realistic load: Deployments with their ReplicaSets and Pods of about 8 KB each."""

import base64
import concurrent.futures
import json
import ssl
import time

import httpx


def api_client(cluster):
    """A client with the administrator's token, that verifies the server."""
    configuration = cluster.configuration
    [user] = configuration["users"]
    [entry] = configuration["clusters"]
    authority = base64.b64decode(entry["cluster"]["certificate-authority-data"]).decode()
    return httpx.Client(
        base_url=entry["cluster"]["server"], headers={"Authorization": f"Bearer {user['user']['token']}"},
        verify=ssl.create_default_context(cadata=authority), timeout=60)


def create(client, path, body):
    response = client.post(path, json=body)
    assert response.status_code == 201, response.text
    return response.json()


def labels(number):
    return {
        "app.kubernetes.io/name": f"service-{number}", "app.kubernetes.io/part-of": f"product-{number % 50}",
        "team": f"team-{number % 20}", "tier": ["front", "back", "data"][number % 3],
    }


def template(number):
    container = {
        "image": f"registry.example/service-{number}:1.2.3",
        "env": [{"name": f"SETTING_{index}", "value": "x" * 40} for index in range(40)],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "livenessProbe": {"httpGet": {"path": "/live", "port": 8080}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}},
        "volumeMounts": [{"name": f"volume-{index}", "mountPath": f"/data/{index}"} for index in range(5)],
    }
    volumes = [{"name": f"volume-{index}", "emptyDir": {}} for index in range(5)]
    return {
        "metadata": {"labels": labels(number)},
        "spec": {"containers": [{**container, "name": "main"}, {**container, "name": "sidecar"}], "volumes": volumes},
    }


def controller_of(kind, owner):
    return [{"apiVersion": "apps/v1", "kind": kind, "name": owner["metadata"]["name"],
             "uid": owner["metadata"]["uid"], "controller": True, "blockOwnerDeletion": True}]


def create_service(client, number, pods):
    """A Deployment, its ReplicaSet and its Pods, bound to a node as the scheduler would."""
    base = "/apis/apps/v1/namespaces/load"
    spec = {"replicas": pods, "selector": {"matchLabels": labels(number)}, "template": template(number)}
    name = f"service-{number}"
    deployment = create(client, f"{base}/deployments", {"metadata": {"name": name, "labels": labels(number)}, "spec": spec})
    replica_set = create(client, f"{base}/replicasets", {
        "metadata": {"name": f"{name}-7d9f8b", "labels": labels(number),
                     "ownerReferences": controller_of("Deployment", deployment)}, "spec": spec})
    pod = template(number)
    pod["metadata"]["ownerReferences"] = controller_of("ReplicaSet", replica_set)
    for index in range(pods):
        pod["metadata"]["name"] = f"{name}-7d9f8b-{index:05d}"
        pod["spec"]["nodeName"] = f"node-{index % 40}"
        create(client, "/api/v1/namespaces/load/pods", pod)


def fill(cluster, *, services, pods, first=0):
    """Creates Deployments until there are so many, with so many Pods in all; those before the first are there already."""
    if first == 0:
        with api_client(cluster) as client:
            create(client, "/api/v1/namespaces", {"metadata": {"name": "load"}})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        def work(worker):
            with api_client(cluster) as client:
                for number in range(first + worker, services, 8):
                    create_service(client, number, pods // services)
        list(pool.map(work, range(8)))


def touch_pods(client, *, events, rate):
    """Writes to the status of pods at a steady rate: heartbeats of a condition, and now and then a restart."""
    pods = client.get("/api/v1/namespaces/load/pods", params={"limit": 500}).json()["items"]
    started = time.perf_counter()
    for number in range(events):
        name = pods[number % len(pods)]["metadata"]["name"]
        beat = f"2026-01-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"
        status = {"conditions": [{"type": "Ready", "status": "False", "lastProbeTime": beat}]}
        if number % 10 == 0:
            status["containerStatuses"] = [
                {"name": "main", "image": "", "imageID": "", "ready": False, "restartCount": number}]
        response = client.patch(
            f"/api/v1/namespaces/load/pods/{name}/status", json={"status": status},
            headers={"Content-Type": "application/strategic-merge-patch+json"})
        assert response.status_code == 200, response.text
        time.sleep(max(0, started + (number + 1) / rate - time.perf_counter()))


def catalog(services):
    """A catalog file with one Component for each of them."""
    return "\n---\n".join(
        json.dumps({
            "apiVersion": "backstage.io/v1alpha1", "kind": "Component",
            "metadata": {"name": f"service-{number}", "annotations": {
                "backstage.io/kubernetes-label-selector": f"app.kubernetes.io/name=service-{number}"}},
            "spec": {"type": "service", "lifecycle": "production", "owner": f"group:default/team-{number % 20}"},
        }) for number in range(services))
