"""The catalog at scale, beside Backstage's schema and statements in the same PostgreSQL with the same entities.

The peer's tables and indexes are those of Backstage 1.52; its statements are timed by psql, ours too, and over HTTP."""

import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

ENTITIES = 100_000
PER_FILE = 1_000
ROUNDS = 9
FILTER = "kind=component"
# (kind, spec.type) by the number of the entity: half are components.
KINDS = ["Component"] * 10 + ["API"] * 4 + ["Resource"] * 3 + ["System", "Group", "User"]


def entity(number, version=1):
    kind, team, product = KINDS[number % 20], number * 7919 % 1000, number * 104_729 % 3000
    metadata = {
        "name": f"{kind.lower()[:3]}-{number * 2_654_435_761 % 2**32:08x}-{number}", "title": f"Title of {number}",
        "description": f"What number {number} is for, in version {version}", "labels": {"tier": ["front", "back", "data"][number % 3]},
        "tags": [["java", "go", "swift", "python", "kotlin"][number % 5], ["web", "batch", "data"][number % 3]],
        "annotations": {"github.com/project-slug": f"team-{team}/repo-{number // 5}", "example.com/notes": "lorem ipsum " * 60},
    }
    spec = {
        "type": ["service", "website", "library", "openapi", "grpc", "database", "team"][number // 20 % 7],
        "lifecycle": ["production", "experimental", "deprecated"][number // 7 % 3],
        "owner": f"team-{team}", "system": f"system-{product}",
    }
    if kind == "API":
        spec["definition"] = "openapi: 3.0.0"
    if kind == "Group":
        spec = {"type": "team", "children": [], "parent": f"team-{team}"}
    if kind == "User":
        spec = {"memberOf": [f"team-{team}"]}
    return {"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def write(folder, count, version_of=lambda number: 1):
    """The catalog as files of 1,000 documents; those that are the same already are left alone."""
    folder.mkdir(exist_ok=True)
    for first in range(0, count, PER_FILE):
        numbers = range(first, min(first + PER_FILE, count))
        text = "\n---\n".join(json.dumps(entity(number, version_of(number))) for number in numbers)
        (folder / f"part-{first // PER_FILE:04}.yaml").write_text(text)


PEER = """
CREATE SCHEMA peer; SET search_path = peer, callboard;
CREATE TABLE refresh_state (entity_id text PRIMARY KEY, entity_ref text NOT NULL UNIQUE);
INSERT INTO refresh_state SELECT id::text, ref FROM entity;
CREATE TABLE final_entities (entity_id text PRIMARY KEY REFERENCES refresh_state ON DELETE CASCADE,
    entity_ref text NOT NULL UNIQUE, hash text NOT NULL, stitch_ticket text NOT NULL, final_entity text,
    last_updated_at timestamptz);
INSERT INTO final_entities SELECT id::text, ref, etag, '', document::text, now() FROM entity;
CREATE TABLE search (entity_id text NOT NULL REFERENCES refresh_state ON DELETE CASCADE, key text NOT NULL, value text,
    original_value text);
INSERT INTO search SELECT e.id::text, k.key, t.value, t.original FROM entity e JOIN entity_posting p USING (ref)
    JOIN entity_term t ON t.id = p.term JOIN entity_key k ON k.id = t.key_id;
CREATE UNIQUE INDEX ON search (entity_id, key, value);
CREATE INDEX ON search (key, value, entity_id);
CREATE INDEX ON search (key, original_value, entity_id) WHERE original_value IS NOT NULL;
CREATE STATISTICS search_statistics ON key, value FROM search;
"""
EXISTS = "EXISTS (SELECT FROM search s WHERE s.entity_id = f.entity_id AND s.key = 'kind' AND s.value = 'component')"
PEER_PAGE = f"""SELECT f.entity_id, f.final_entity, o.value FROM final_entities f JOIN search o USING (entity_id)
    WHERE o.key = 'metadata.name' AND o.value IS NOT NULL AND {EXISTS} ORDER BY o.value, f.entity_id LIMIT 21"""
PEER_COUNT = f"SELECT count(*) FROM final_entities f WHERE {EXISTS}"
PEER_FACETS = """SELECT s.original_value, count(*) FROM search s JOIN search k USING (entity_id)
    WHERE s.key = 'spec.type' AND s.original_value IS NOT NULL AND k.key = 'kind' AND k.value = 'component' GROUP BY 1"""
EXISTS_PRODUCTION = EXISTS.replace("'kind'", "'spec.lifecycle'").replace("'component'", "'production'")
PEER_PAGE_OF_TWO = PEER_PAGE.replace(EXISTS, f"{EXISTS} AND {EXISTS_PRODUCTION}")
PEER_FACETS_OF_TWO = PEER_FACETS.replace(
    "GROUP BY", "AND EXISTS (SELECT FROM search l WHERE l.entity_id = s.entity_id AND l.key = 'spec.lifecycle' "
    "AND l.value = 'production') GROUP BY")
PEER_TEXT = (
    f"{PEER_COUNT} AND EXISTS (SELECT FROM search n WHERE n.entity_id = f.entity_id AND n.key = 'metadata.name' "
    "AND n.value LIKE '%a%')")
OUR_COUNT = "SELECT present FROM entity_key WHERE key = 'kind' AND kind = 'component'"
OUR_TOTAL = "SELECT sum(present) FROM entity_key WHERE key = 'kind'"
OUR_FACETS = """SELECT k.key, t.original, sum(t.entities) FROM entity_term t JOIN entity_key k ON k.id = t.key_id
    WHERE t.key_id = (SELECT id FROM entity_key WHERE key = 'spec.type' AND kind = 'component') GROUP BY 1, 2"""


def psql(url, script, *, quiet=True):
    return subprocess.run(
        ["psql", "-X", "-A", "-t", *(["-q"] if quiet else []), "-v", "ON_ERROR_STOP=1", "-d", url],
        input=script, check=True, capture_output=True, text=True, timeout=1_800).stdout


def milliseconds(url, statement):
    """A statement's time as psql sees it, the answer included: the median of nine."""
    script = "SET search_path = peer, callboard;\n\\timing on\n" + f"{statement};\n" * ROUNDS
    return statistics.median(float(text) for text in re.findall(r"Time: ([0-9.]+) ms", psql(url, script)))


def http_milliseconds(callboard, path, **parameters):
    times = []
    for _ in range(ROUNDS * 3):
        started = time.perf_counter()
        callboard.get(path, **parameters)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def cpu_seconds(callboard):
    """User and system time of the program."""
    fields = pathlib.Path(f"/proc/{callboard.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def by_name(folder, callboard, numbers):
    """Requests a second, the 99th percentile in ms, and the program's CPU for one in µs, with wrk over 16 connections."""
    paths = [f"/api/catalog/entities/by-name/{e['kind']}/default/{e['metadata']['name']}" for e in map(entity, numbers)]
    script = folder / "paths.lua"
    script.write_text(
        "local paths = {" + ",".join(json.dumps(path) for path in paths) + "}\nlocal n = 0\n"
        f'local headers = {{["Authorization"] = "Bearer {callboard.token}"}}\n'
        'request = function() n = n % #paths + 1 return wrk.format("GET", paths[n], headers) end\n')
    script.chmod(0o600)
    before = cpu_seconds(callboard)
    output = subprocess.run(
        ["wrk", "-t", "2", "-c", "16", "-d", "10s", "--latency", "-s", script, callboard.url],
        check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in output, output
    cost = (cpu_seconds(callboard) - before) / int(re.search(r"(\d+) requests in", output)[1]) * 1e6
    value, unit = re.search(r"99%\s+([0-9.]+)(us|ms|s)", output).groups()
    return (float(re.search(r"Requests/sec:\s+([0-9.]+)", output)[1]),
            float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit], cost)


def by_names(folder, callboard, count, label, results):
    """A thousand entities that are asked for again and again, and all of them, each as often as the others."""
    often = range(0, count, max(1, count // 1_000))
    # A step that has no factor in common with the count meets each number once.
    everything = [number * 104_729 % count for number in range(count)]
    for name, numbers in ("", often), (" of all", everything):
        rate, p99, cost = by_name(folder, callboard, numbers)
        results[f"{label}: by-name{name} over HTTP, requests/s"], results[f"{label}: by-name{name} p99, ms"] = rate, p99
        results[f"{label}: by-name{name}, µs of CPU"] = cost


def whole_list(callboard, label, results):
    """Everything as one list: how long it takes, and how much memory the program has then."""
    started, received = time.perf_counter(), 0
    with callboard.client.stream("GET", "/api/catalog/entities", timeout=600) as response:
        for piece in response.iter_raw():
            received += len(piece)
    results[f"{label}: the whole list, MB/s"] = received / 1e6 / (time.perf_counter() - started)


def memory(callboard):
    status = pathlib.Path(f"/proc/{callboard.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def measure(folder, cluster, database, start, results, count=ENTITIES):
    """Adds the figures of a catalog of so many entities. `start` starts a Callboard that reads the folder `catalog`."""
    label = f"{count:,} entities"
    write(folder / "catalog", count)
    started = time.perf_counter()
    callboard = start(folder, cluster, database)
    try:
        callboard.wait_ready(1_800)
        results[f"{label}: first load, s"] = time.perf_counter() - started
        results[f"{label}: memory after the first load, MB"] = memory(callboard)
        assert callboard.get("/api/catalog/entities/by-query", limit=0)["totalItems"] == count
        reload(folder, callboard, database, count, label, results)
        print("filling the peer's tables …", file=sys.stderr)
        psql(database.url, PEER + "ANALYZE; ")
        beside_peer(callboard, database.url, label, results)
        by_names(folder, callboard, count, label, results)
        whole_list(callboard, label, results)
        results[f"{label}: memory, MB"] = memory(callboard)
    finally:
        callboard.stop()


def reload(folder, callboard, database, count, label, results):
    """The program starts anew and finds one of a hundred documents changed."""
    callboard.stop()
    write(folder / "catalog", count, lambda number: 2 if number % 100 == 0 else 1)
    before = database.value("SELECT now()")
    started = time.perf_counter()
    callboard.start()
    callboard.wait_ready(600)
    results[f"{label}: full reload with 1 % changed, s"] = time.perf_counter() - started
    written = int(database.value(f"SELECT count(*) FROM entity WHERE updated_at > '{before}'"))
    assert written == count // 100, f"{written} entities were written"


def beside_peer(callboard, url, label, results):
    page = milliseconds(url, PEER_PAGE)
    ours = http_milliseconds(
        callboard, "/api/catalog/entities/by-query", filter=FILTER, orderField="metadata.name,asc", limit=20)
    results[f"{label}: page over HTTP, ms"], results[f"{label}: peer's page in SQL, ms"] = ours, page
    results[f"{label}: page over HTTP / peer in SQL"] = ours / page
    for name, peer, own in [
        ("count of half", PEER_COUNT, OUR_COUNT), ("facets of half", PEER_FACETS, OUR_FACETS),
        ("count of all", "SELECT count(*) FROM final_entities", OUR_TOTAL),
    ]:
        results[f"{label}: {name}, peer / ours"] = milliseconds(url, peer) / milliseconds(url, own)
    results[f"{label}: facets over HTTP, ms"] = http_milliseconds(
        callboard, "/api/catalog/entity-facets", facet="spec.type", filter=FILTER)
    two = f"{FILTER},spec.lifecycle=production"
    query = "/api/catalog/entities/by-query"
    for name, peer, path, parameters in [
        ("page of two conditions", PEER_PAGE_OF_TWO, query, {"filter": two, "orderField": "metadata.name,asc", "limit": 20}),
        ("facets of two conditions", PEER_FACETS_OF_TWO, "/api/catalog/entity-facets", {"facet": "spec.type", "filter": two}),
        ("text in 40 % of the names", PEER_TEXT, query,
         {"filter": FILTER, "orderField": "metadata.name,asc", "fullTextFilterTerm": "a", "limit": 20}),
    ]:
        ours = http_milliseconds(callboard, path, **parameters)
        results[f"{label}: {name} over HTTP, ms"] = ours
        results[f"{label}: {name}, peer in SQL / ours over HTTP"] = milliseconds(url, peer) / ours


def growth(results):
    """How figures of the largest catalog compare with those of the one before it, as if they grew in line with the entities."""
    small, large = (f"{count:,} entities" for count in SIZES[-2:])
    factor = SIZES[-1] / SIZES[-2]
    for figure in ("first load, s", "full reload with 1 % changed, s", "memory, MB", "page over HTTP, ms", "facets over HTTP, ms"):
        grown = results[f"{large}: {figure}"] / results[f"{small}: {figure}"]
        results[f"{figure.split(',')[0]}: {large} / {factor:g} x {small}"] = grown / factor


AIMS = {
    f"{ENTITIES:,} entities: page over HTTP / peer in SQL": 1, f"{ENTITIES:,} entities: by-name p99, ms": 5,
    f"{ENTITIES:,} entities: full reload with 1 % changed, s": 10, f"{ENTITIES:,} entities: memory, MB": 150,
}
AT_LEAST = {
    f"{ENTITIES:,} entities: count of half, peer / ours": 20, f"{ENTITIES:,} entities: facets of half, peer / ours": 20,
    f"{ENTITIES:,} entities: count of all, peer / ours": 100,
    f"{ENTITIES:,} entities: by-name over HTTP, requests/s": 15_000,
}
SIZES = [10_000, ENTITIES] + ([300_000] if os.environ.get("CALLBOARD_BENCH_LARGE") else [])
