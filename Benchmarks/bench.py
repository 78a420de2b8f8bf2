"""Measures what the README promises, prints a table, and keeps the figures in bench-results/.

Run it with `make bench`, which builds a release, starts a cluster and a database, and says where they are. Figures that
depend on the machine's speed stand beside those of a peer that did the same work in the same run."""

import contextlib
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import httpx

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "Tests/EndToEnd"), str(pathlib.Path(__file__).parent)]

import load  # noqa: E402
from harness import Callboard, Cluster, Database, component, deployment, eventually  # noqa: E402

PODS, SERVICES = 10_000, 2_000
CHANGES = 100
ROUNDS = 5
PROTOBUF = "application/vnd.kubernetes.protobuf"
LISTS = [
    "/apis/apps/v1/deployments", "/apis/apps/v1/statefulsets", "/apis/apps/v1/daemonsets", "/apis/apps/v1/replicasets",
    "/apis/batch/v1/jobs", "/apis/batch/v1beta1/cronjobs", "/api/v1/pods", "/api/v1/nodes", "/api/v1/namespaces",
    "/api/v1/configmaps?labelSelector=callboard.dev%2Fcatalog%3Dtrue",
]


def resident_megabytes(callboard):
    status = pathlib.Path(f"/proc/{callboard.process.pid}/status").read_text()
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in status.splitlines() if line.startswith(("VmRSS", "VmHWM"))}
    return kilobytes["VmRSS"] / 1024, kilobytes["VmHWM"] / 1024


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def visible_after(callboard, cluster):
    """Milliseconds from the API server's answer to a new Deployment until a GET shows it at its entity."""
    latencies = []
    path = "/api/callboard/entities/component/default/bench/workloads"
    with load.api_client(cluster) as client:
        for number in range(CHANGES):
            body = deployment("default", f"bench-{number}", labels={"app": "bench"}, replicas=0)
            load.create(client, "/apis/apps/v1/namespaces/default/deployments", body)
            acknowledged = time.perf_counter()
            while callboard.client.get(path, params={"limit": 1}).json()["totals"]["workloads"] <= number:
                assert time.perf_counter() - acknowledged < 20, "never visible"
            latencies.append((time.perf_counter() - acknowledged) * 1000)
    return latencies


def seconds_to_ready(callboard):
    """From the start of the process until /readyz says that caches, catalog and database are as they should be."""
    started = time.perf_counter()
    callboard.start()
    while True:
        # Asking without a pause would take a core from what is measured.
        time.sleep(0.01)
        with contextlib.suppress(httpx.TransportError):  # not listening yet
            if callboard.client.get("/readyz").status_code == 200:
                return time.perf_counter() - started


def seconds_of_curl(cluster, folder):
    """What curl needs to fetch the same lists in protobuf, in one process over one connection, one after the other."""
    configuration = cluster.configuration
    settings = [
        f'header = "Authorization: Bearer {configuration["users"][0]["user"]["token"]}"',
        f'header = "Accept: {PROTOBUF}"', "insecure", "silent", "fail",
    ]
    for path in LISTS:
        separator = "&" if "?" in path else "?"
        settings += [f'url = "{cluster.server.geturl()}{path}{separator}resourceVersion=0"', 'output = "/dev/null"']
    file = folder / "curl.conf"
    file.write_text("\n".join(settings) + "\n")
    file.chmod(0o600)
    started = time.perf_counter()
    subprocess.run(["curl", "--config", file], check=True)
    return time.perf_counter() - started


def measure_sample(folder, cluster, results):
    """Latency and memory on the small cluster of the run, with the sample and its pods."""
    database = Database()
    cluster.kubectl("apply", "-f", str(REPOSITORY / "samples/workloads.yaml"))
    (folder / "catalog.yaml").write_text(json.dumps(component("bench", "app=bench")))
    targets = [str(REPOSITORY / "catalog"), "catalog.yaml"]
    callboard = Callboard(folder, cluster.kubeconfig, database.url, {
        "catalog": {"locations": [{"type": "file", "target": target} for target in targets]}})
    try:
        callboard.wait_ready()
        eventually(lambda: callboard.workloads("component:default/nautilus-dev")["totals"]["pods"] == 5, seconds=60)
        results["memory with the sample, MB"], _ = resident_megabytes(callboard)
        latencies = visible_after(callboard, cluster)
        results["apply to visible p50, ms"] = statistics.median(latencies)
        results["apply to visible p99, ms"] = percentile(latencies, 0.99)
    finally:
        callboard.stop()
        database.drop()


def measure_load(folder, results):
    """Start and memory with 10,000 pods, on an API server without controllers that would change them."""
    script = REPOSITORY / "scripts/cluster.sh"
    subprocess.run([script, "start", folder / "load", "--no-controllers"], check=True)
    os.environ["CALLBOARD_TEST_KUBECONFIG"] = str(folder / "load/kubeconfig")
    cluster = Cluster()
    database = Database()
    try:
        print(f"creating {PODS} pods of {SERVICES} Deployments …", file=sys.stderr)
        load.fill(cluster, services=SERVICES, pods=PODS)
        (folder / "catalog.yaml").write_text(load.catalog(SERVICES))
        ready, lists, peaks, memory = [], [], [], []
        callboard = Callboard(folder, cluster.kubeconfig, database.url, {
            "catalog": {"locations": [{"type": "file", "target": "catalog.yaml"}]}})
        callboard.wait_ready(120)  # the first start also writes every row
        callboard.stop()
        for _ in range(ROUNDS):
            lists.append(seconds_of_curl(cluster, folder))
            ready.append(seconds_to_ready(callboard))
            time.sleep(2)
            now, peak = resident_megabytes(callboard)
            memory.append(now)
            peaks.append(peak)
            assert callboard.get("/api/callboard/orphans")["totals"]["workloads"] == 0
            callboard.stop()
        results["start to ready with 10,000 pods, s"] = statistics.median(ready)
        results["curl of the same lists, s"] = statistics.median(lists)
        results["start to ready / curl"] = statistics.median(one / other for one, other in zip(ready, lists))
        results["memory with 10,000 pods, MB"] = statistics.median(memory)
        results["highest memory with 10,000 pods, MB"] = max(peaks)
    finally:
        subprocess.run([script, "stop", folder / "load"], check=True)
        database.drop()


AIMS = {
    "apply to visible p99, ms": 500, "memory with the sample, MB": 80, "memory with 10,000 pods, MB": 80,
    "start to ready / curl": 1.5,
}


def main():
    results = {}
    with tempfile.TemporaryDirectory(prefix="callboard-bench-") as name:
        folder = pathlib.Path(name)
        for part in ("sample", "big"):
            (folder / part).mkdir()
        measure_sample(folder / "sample", Cluster(), results)
        measure_load(folder / "big", results)
    print(f"{'figure':45} {'measured':>10} {'aim':>8}")
    for figure, value in results.items():
        aim = f"< {AIMS[figure]}" if figure in AIMS else ""
        print(f"{figure:45} {value:10.2f} {aim:>8}")
    kept = REPOSITORY / "bench-results"
    kept.mkdir(exist_ok=True)
    moment = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    record = {"at": moment, "machine": platform.machine(), "cores": os.cpu_count(), "figures": results, "aims": AIMS}
    (kept / f"{moment}.json").write_text(json.dumps(record, indent=2) + "\n")
    print(f"kept in bench-results/{moment}.json")


if __name__ == "__main__":
    main()
