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

import catalog  # noqa: E402
import cost_actions  # noqa: E402
import costs  # noqa: E402
import load  # noqa: E402
import mcp_bench  # noqa: E402
import scaleops_bench  # noqa: E402
from harness import Callboard, Cluster, Database, component, deployment, eventually  # noqa: E402

PODS, SERVICES = 10_000, 2_000
CHANGES = 100
ROUNDS = 5
GROWN = 5
PROTOBUF = "application/vnd.kubernetes.protobuf"
# What the Kubernetes client alone is measured with.
CLIENT_LISTS = ["/api/v1/pods", "/apis/apps/v1/deployments"]
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


def cpu_seconds(process):
    """User and system time that a process has used."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_share_at(callboard, cluster, *, events, seconds):
    """Share of one core that Callboard uses while so many events a second come, less what it uses while none do. Nine of
    ten events are heartbeats that change nothing it keeps, as in real clusters; the tenth is a restart."""
    def share(work):
        before, started = cpu_seconds(callboard.process), time.perf_counter()
        work()
        return (cpu_seconds(callboard.process) - before) / (time.perf_counter() - started)

    idle = share(lambda: time.sleep(seconds / 2))
    with load.api_client(cluster) as client:
        busy = share(lambda: load.touch_pods(client, events=events * seconds, rate=events))
    print(f"CPU: {idle:.2%} of a core idle, {busy:.2%} at {events} events/s", file=sys.stderr)
    return busy - idle


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


def seconds_of_curl(cluster, folder, lists):
    """What curl needs to fetch the same lists in protobuf, in one process over one connection, one after the other."""
    configuration = cluster.configuration
    settings = [
        f'header = "Authorization: Bearer {configuration["users"][0]["user"]["token"]}"',
        f'header = "Accept: {PROTOBUF}"', "insecure", "silent", "fail",
    ]
    for path in lists:
        separator = "&" if "?" in path else "?"
        settings += [f'url = "{cluster.server.geturl()}{path}{separator}resourceVersion=0"', 'output = "/dev/null"']
    file = folder / "curl.conf"
    file.write_text("\n".join(settings) + "\n")
    file.chmod(0o600)
    started = time.perf_counter()
    subprocess.run(["curl", "--config", file], check=True)
    return time.perf_counter() - started


def bench_program(name, *arguments, kubeconfig=None):
    """Runs one of the benchmark programs and gives the figures that it prints."""
    program = pathlib.Path(os.environ["CALLBOARD_TEST_BINARY"]).with_name(name)
    run = subprocess.run(
        [program, *arguments], check=True, stdout=subprocess.PIPE, text=True, timeout=300,
        env={**os.environ, **({"KUBECONFIG": kubeconfig} if kubeconfig else {})})
    return json.loads(run.stdout.splitlines()[-1])


def sync_beside_curl(cluster, folder):
    """The Kubernetes client fills two caches, and curl fetches the same two lists, in turn."""
    rounds = []
    for _ in range(ROUNDS):
        curl = seconds_of_curl(cluster, folder, CLIENT_LISTS)
        rounds.append({**bench_program("KubeBench", "sync", kubeconfig=cluster.kubeconfig), "curl": curl})
    return {
        "seconds": statistics.median(one["seconds"] for one in rounds),
        "curl": statistics.median(one["curl"] for one in rounds),
        "ratio": statistics.median(one["seconds"] / one["curl"] for one in rounds),
        "megabytes": max(one["residentMB"] for one in rounds),
    }


def measure_client(folder, cluster, results):
    """The Kubernetes client alone, with 10,000 pods and with five times as many."""
    small = sync_beside_curl(cluster, folder)
    results["synced caches of 10,000 pods and 2,000 Deployments, s"] = small["seconds"]
    results["curl of these two lists, s"] = small["curl"]
    results["synced caches / curl"] = small["ratio"]
    results["memory then, MB"] = small["megabytes"]
    bursts = [bench_program("KubeBench", "burst", kubeconfig=cluster.kubeconfig) for _ in range(3)]
    results["watch burst, events/s"] = statistics.median(one["eventsPerSecond"] for one in bursts)
    assert all(one["deepestQueue"] <= one["distinctKeys"] for one in bursts)
    print(f"creating {PODS * (GROWN - 1)} pods more …", file=sys.stderr)
    load.fill(cluster, services=SERVICES * GROWN, pods=PODS * GROWN, first=SERVICES)
    large = sync_beside_curl(cluster, folder)
    results["synced caches / curl at 50,000 pods"] = large["ratio"]
    results["time at 50,000 pods / 5 x that at 10,000"] = large["seconds"] / (GROWN * small["seconds"])
    # What the process takes without any object is not part of the growth.
    results["memory at 50,000 pods / 5 x that at 10,000"] = large["megabytes"] / (GROWN * small["megabytes"])


def measure_matching(results):
    """The match index alone: 20,000 selectors and 100,000 workloads."""
    figures = bench_program("MatchBench")
    assert figures["mismatches"] == 0
    results["initial match of 20,000 selectors x 100,000 workloads, s"] = figures["initialMatchSeconds"]
    results["match per workload event, µs"] = figures["microsecondsPerEvent"]
    results["the same asking every selector, µs"] = figures["naiveMicrosecondsPerEvent"]


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
        (folder / "catalog.yaml").write_text(
            load.catalog(SERVICES) + "\n---\n" + json.dumps(component("bench", "app=bench")))
        ready, lists, peaks, memory = [], [], [], []
        callboard = Callboard(folder, cluster.kubeconfig, database.url, {
            "catalog": {"locations": [{"type": "file", "target": "catalog.yaml"}]},
            "callboard": {"costs": {}}})  # as often as they are by default
        callboard.wait_ready(120)  # the first start also writes every row
        callboard.stop()
        for _ in range(ROUNDS):
            lists.append(seconds_of_curl(cluster, folder, LISTS))
            ready.append(seconds_to_ready(callboard))
            time.sleep(2)
            now, peak = resident_megabytes(callboard)
            memory.append(now)
            peaks.append(peak)
            assert callboard.get("/api/callboard/orphans")["totals"]["workloads"] == 0
            callboard.stop()
        callboard.start()
        callboard.wait_ready(60)
        latencies = visible_after(callboard, cluster)
        results["apply to visible at 10,000 pods p50, ms"] = statistics.median(latencies)
        results["apply to visible at 10,000 pods p99, ms"] = percentile(latencies, 0.99)
        share = cpu_share_at(callboard, cluster, events=100, seconds=20)
        results["CPU at 100 events/s, % of a core"] = share * 100
        callboard.stop()
        measure_client(folder, cluster, results)
        results["start to ready with 10,000 pods, s"] = statistics.median(ready)
        results["curl of the same lists, s"] = statistics.median(lists)
        results["start to ready / curl"] = statistics.median(one / other for one, other in zip(ready, lists))
        results["memory with 10,000 pods, MB"] = statistics.median(memory)
        results["highest memory with 10,000 pods, MB"] = max(peaks)
    finally:
        subprocess.run([script, "stop", folder / "load"], check=True)
        database.drop()


def measure_catalog(folder, cluster, results):
    """The catalog at several sizes, each with a database of its own."""
    def start(place, cluster, database):
        return Callboard(place, cluster.kubeconfig, database.url, {
            "catalog": {"locations": [{"type": "file", "target": "catalog"}]}})

    for count in catalog.SIZES:
        database = Database()
        place = folder / str(count)
        place.mkdir()
        try:
            catalog.measure(place, cluster, database, start, results, count)
        finally:
            database.drop()
    catalog.growth(results)


def measure_costs(folder, results):
    """What is asked of the costs of 10,000 workloads, with a database of their own."""
    database = Database()
    try:
        costs.measure(folder, database.url, results)
    finally:
        database.drop()


def measure_cost_actions(folder, cluster, results):
    """The actions about them, over MCP."""
    def start(place, database):
        return Callboard(place, cluster.kubeconfig, database.url, {
            "catalog": {"locations": [{"type": "file", "target": "catalog.yaml"}]}})

    database = Database()
    try:
        cost_actions.measure(folder, database, start, results)
    finally:
        database.drop()


def measure_mcp(folder, cluster, results):
    """Calls of a tool beside FastMCP and the official SDK."""
    def start(place, cluster, database):
        return Callboard(place, cluster.kubeconfig, database.url, {
            "catalog": {"locations": [{"type": "file", "target": "catalog.yaml"}]}})

    database = Database()
    try:
        mcp_bench.measure(folder, cluster, database, start, results)
    finally:
        database.drop()


AIMS = {
    **mcp_bench.AIMS, **catalog.AIMS, **costs.AIMS, **cost_actions.AIMS, **scaleops_bench.AIMS, "apply to visible p99, ms": 500, "memory with the sample, MB": 80, "memory with 10,000 pods, MB": 80,
    "start to ready / curl": 1.5, "synced caches / curl": 1.25, "memory then, MB": 60,
    "time at 50,000 pods / 5 x that at 10,000": 1.1, "memory at 50,000 pods / 5 x that at 10,000": 1.1,
    "initial match of 20,000 selectors x 100,000 workloads, s": 1, "match per workload event, µs": 1, "apply to visible at 10,000 pods p50, ms": 150,
    "apply to visible at 10,000 pods p99, ms": 300, "CPU at 100 events/s, % of a core": 2,
}
AT_LEAST = {**mcp_bench.AT_LEAST, **catalog.AT_LEAST, "watch burst, events/s": 25_000}


def print_table(results):
    """Each figure with its aim, and whether it was met."""
    width = max(map(len, results))
    print(f"{'figure':{width}} {'measured':>10} {'aim':>9}")
    for figure, value in results.items():
        aim, is_met = "", True
        if figure in AIMS:
            aim, is_met = f"< {AIMS[figure]}", value <= AIMS[figure]
        elif figure in AT_LEAST:
            aim, is_met = f"> {AT_LEAST[figure]}", value >= AT_LEAST[figure]
        print(f"{figure:{width}} {value:10.2f} {aim:>9} {'' if is_met else 'missed'}".rstrip())


def main():
    results = {}
    with tempfile.TemporaryDirectory(prefix="callboard-bench-") as name:
        folder = pathlib.Path(name)
        for part in ("sample", "big", "catalog", "costs", "scaleops", "mcp"):
            (folder / part).mkdir()
        measure_matching(results)
        measure_costs(folder / "costs", results)
        measure_cost_actions(folder / "costs", Cluster(), results)
        measure_sample(folder / "sample", Cluster(), results)
        measure_catalog(folder / "catalog", Cluster(), results)
        measure_mcp(folder / "mcp", Cluster(), results)
        scaleops_bench.measure(folder / "scaleops", Cluster(), results)
        measure_load(folder / "big", results)
    print_table(results)
    kept = REPOSITORY / "bench-results"
    kept.mkdir(exist_ok=True)
    moment = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    record = {"at": moment, "machine": platform.machine(), "cores": os.cpu_count(), "figures": results, "aims": {**AIMS, **AT_LEAST}}
    (kept / f"{moment}.json").write_text(json.dumps(record, indent=2) + "\n")
    print(f"kept in bench-results/{moment}.json")


if __name__ == "__main__":
    main()
