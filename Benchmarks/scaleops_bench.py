"""What it takes to read 10,000 workloads in 40 groups from a ScaleOps that answers at once."""

import json
import pathlib
import re
import secrets
import time

import httpx

from harness import Callboard, Database, eventually
from scaleops import ScaleOps, workload

WORKLOADS, GROUPS = 10_000, 40
SECONDS = "ScaleOps: joining and storing 10,000 workloads in 40 groups, s"
REQUESTS = "ScaleOps: requests for it"
MEGABYTES = "ScaleOps: highest memory growth meanwhile, MB"
AGAIN = "ScaleOps: the same again when nothing changed, s"
AIMS = {SECONDS: 3, REQUESTS: 60, MEGABYTES: 40, AGAIN: 3}


def answers():
    """The body of each answer: of all workloads, and of each group by its namespace."""
    rows = [workload(f"w{number}", cluster="default", namespace=f"ns{number % GROUPS}") for number in range(WORKLOADS)]
    groups = {}
    for row in rows:
        groups.setdefault(row["namespace"], []).append(ScaleOps.cost(row, 168))
    return (json.dumps({"workloads": rows}).encode(),
            {name: json.dumps({"aggregatedWorkloads": found}).encode() for name, found in groups.items()})


def memory(callboard, field):
    status = pathlib.Path(f"/proc/{callboard.process.pid}/status").read_text()
    return int(re.search(rf"^{field}:\s+(\d+)", status, re.MULTILINE).group(1)) / 1024


def polls(callboard):
    """How many rounds there were, and how many seconds they took together."""
    text = httpx.get(callboard.url + "/metrics").text
    return tuple(
        float(found.group(1)) if (found := re.search(rf"^callboard_cost_source_poll_seconds_{part}{{.*}} (.*)$", text, re.MULTILINE))
        else 0 for part in ("count", "sum"))


def measure(folder, cluster, results):
    scaleops, database = ScaleOps(), Database()
    everything, groups = answers()
    is_open = False

    def answer(handler):
        if handler.path.startswith("/detailedCostReport"):
            handler.send(200, {}, groups[json.loads(handler.body)["namespaces"][0]])
        else:
            handler.send(200, {}, everything if is_open else b"{}")
        return True

    scaleops.fault = answer
    callboard = Callboard(folder, cluster.kubeconfig, database.url, {
        "scaleops": {"baseUrl": scaleops.url, "pollInterval": "5s", "authentication": {
            "enabled": True, "user": "robot", "password": "correct-horse-battery"}}})
    try:
        callboard.wait_ready()
        database.value(f"""
            INSERT INTO workload (cluster, kind, namespace, name, uid, labels, template_labels, pods, restarts,
                cpu_request_millicores, memory_request_bytes, cpu_hourly_cost, memory_hourly_cost)
            SELECT 'default', 'Deployment', 'ns' || n % {GROUPS}, 'w' || n, '{secrets.token_hex(4)}', '{{}}', '{{}}', 2, 0,
                1000, 1 << 30, 31611000, 4237000 FROM generate_series(0, {WORKLOADS - 1}) n""")
        database.value("ANALYZE workload")
        count, _ = polls(callboard)
        eventually(lambda: polls(callboard)[0] >= count + 1)  # one that finds the workloads and hears of none
        _, seconds = polls(callboard)
        asked = len(scaleops.log) + scaleops.logins
        pathlib.Path(f"/proc/{callboard.process.pid}/clear_refs").write_text("5")
        before = memory(callboard, "VmRSS")
        is_open = True
        # A round that began before heard of none; the watermark is the last that a round writes.
        eventually(lambda: database.value("SELECT count(*) FROM ingest_watermark WHERE source = 2 AND cluster = 'default' AND through IS NOT NULL") == "1", 60)
        time.sleep(0.5)
        done = polls(callboard)
        results[SECONDS] = done[1] - seconds
        results[MEGABYTES] = memory(callboard, "VmHWM") - before
        results[REQUESTS] = len(scaleops.log) + scaleops.logins - asked
        assert database.value("SELECT count(*) FROM cost_hourly WHERE source = 2") == str(WORKLOADS)
        assert database.value("SELECT count(*) FROM recommendation WHERE source = 'scaleops'") == str(WORKLOADS)
        eventually(lambda: polls(callboard)[0] >= done[0] + 1, seconds=60)
        results[AGAIN] = polls(callboard)[1] - done[1]
    finally:
        callboard.stop()
        scaleops.close()
        database.drop()


if __name__ == "__main__":
    import sys
    import tempfile

    from harness import Cluster

    figures = {}
    with tempfile.TemporaryDirectory() as name:
        measure(pathlib.Path(name), Cluster(), figures)
    for figure, value in figures.items():
        print(f"{figure}: {value:.2f} (aim {AIMS[figure]})", file=sys.stderr)
