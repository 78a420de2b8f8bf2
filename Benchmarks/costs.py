"""Costs of 10,000 workloads over 90 days: what is asked of them, and what writing an hour takes beside a plain COPY."""

import json
import os
import pathlib
import re
import statistics
import subprocess

import catalog

WORKLOADS = 10_000
ROUNDS = 15
# The day that is written; the 90 before it are there.
DAY = "2026-06-20T00:00:00Z"
# Of the present day and so many before it there are hours.
HOURS_OF = 3

AIMS = {
    "costs: by domain, 90 days, ms": 100, "costs: first write / COPY": 2,
    **{f"costs: {question}, highest, ms": 40 for question in (
        "totals, 30 days", "a domain by entity, 30 days", "an entity's totals, 90 days", "an entity's workloads, 30 days",
        "coverage, 30 days", "trend by day, 30 days")},
}

# 2,000 entities in 4 clusters and 200 namespaces own nine workloads of ten.
DATA = f"""
SET search_path = callboard, public;
SET TimeZone = 'UTC';
INSERT INTO workload (cluster, kind, namespace, name, uid, labels, template_labels, pods, restarts, cpu_request_millicores,
    memory_request_bytes, cpu_hourly_cost, memory_hourly_cost)
SELECT 'c-' || n % 4, 'Deployment', 'ns-' || n % 200, 'w-' || n, '', '{{}}', '{{}}', 1, 0, 100, 100, 1, 1
FROM generate_series(0, {WORKLOADS - 1}) n;
INSERT INTO entity_workload (workload_id, entity_ref, rule, matched_on, is_owner, valid)
SELECT id, 'component:default/e-' || id % 2000, 'label-selector', 'both', true, tstzrange('2026-01-01Z', NULL)
FROM workload WHERE id % 10 > 0;
CREATE TEMPORARY TABLE pays AS SELECT w.id AS workload_id, w.cluster, w.namespace,
    CASE WHEN l.entity_ref IS NULL THEN 'orphan' ELSE 'owned' END AS category, l.entity_ref,
    CASE WHEN l.entity_ref IS NOT NULL THEN w.id % 2000 END AS number
FROM workload w LEFT JOIN entity_workload l ON l.workload_id = w.id;
INSERT INTO cost_attribution (cluster, namespace, category, entity_ref, entity_kind, entity_type, lifecycle, owner_ref,
    system_ref, domain_ref)
SELECT DISTINCT cluster, namespace, category, entity_ref, CASE WHEN number >= 0 THEN 'component' END, 't-' || number % 5,
    'l-' || number % 3, 'group:default/g-' || number % 100, 'system:default/s-' || number % 300,
    'domain:default/d-' || number % 30 FROM pays;
SELECT format('CREATE TABLE cost_daily_%s PARTITION OF cost_daily FOR VALUES FROM (%L) TO (%L)', to_char(m, 'YYYYMM'), m,
    m + interval '1 month') FROM generate_series('2026-03-01Z'::timestamptz, '2026-06-01Z', '1 month') m \\gexec
INSERT INTO cost_daily (day, cpu_cost, memory_cost, cpu_millicore_seconds, memory_byte_seconds, pod_seconds, maximum_pods,
    covered_seconds, workload_id, attribution_id, source, hours)
SELECT d, 1000000 * (1 + (workload_id + extract(day FROM d)::int) % 50), 500000, 21600000, 92771293593600, 86400, 1, 86400,
    workload_id, a.id, 1, 24
FROM generate_series('{DAY}'::timestamptz - interval '90 days', '{DAY}'::timestamptz - interval '1 day', '1 day') d, pays p
    JOIN cost_attribution a USING (cluster, namespace, category)
WHERE a.entity_ref IS NOT DISTINCT FROM p.entity_ref ORDER BY d, workload_id;
INSERT INTO cost_entity_daily (day, cpu_cost, memory_cost, cpu_millicore_seconds, memory_byte_seconds, attribution_id,
    workloads, source)
SELECT day, sum(cpu_cost), sum(memory_cost), sum(cpu_millicore_seconds), sum(memory_byte_seconds), attribution_id, count(*),
    source FROM cost_daily GROUP BY day, attribution_id, source ORDER BY day, attribution_id;
INSERT INTO cost_cluster_daily (day, cpu_cost, memory_cost, cpu_millicore_seconds, memory_byte_seconds, workloads, attributions,
    source, cluster)
SELECT d.day, sum(d.cpu_cost), sum(d.memory_cost), sum(d.cpu_millicore_seconds), sum(d.memory_byte_seconds), sum(d.workloads),
    count(*), d.source, a.cluster
FROM cost_entity_daily d JOIN cost_attribution a ON a.id = d.attribution_id GROUP BY d.day, d.source, a.cluster;
INSERT INTO cost_entity_to_date (day, cpu_cost, memory_cost, cpu_millicore_seconds, memory_byte_seconds, peaks,
    attribution_id, source, days, used_days)
SELECT day, sum(cpu_cost) OVER month, sum(memory_cost) OVER month, sum(cpu_millicore_seconds) OVER month,
    sum(memory_byte_seconds) OVER month, ARRAY[extract(day FROM day AT TIME ZONE 'UTC')::bigint << 32 | workloads],
    attribution_id, source, count(*) OVER month, 0
FROM cost_entity_daily
WINDOW month AS (PARTITION BY attribution_id, source, date_trunc('month', day, 'UTC') ORDER BY day)
ORDER BY day, attribution_id;
SELECT format('CREATE TABLE cost_hourly_%s PARTITION OF cost_hourly FOR VALUES FROM (%L) TO (%L)', to_char(d, 'YYYYMMDD'), d,
    d + interval '1 day')
FROM generate_series(date_trunc('day', now()) - interval '{HOURS_OF} days', now(), '1 day') d \\gexec
INSERT INTO cost_hourly (hour, cpu_cost, memory_cost, cpu_millicore_seconds, memory_byte_seconds, pod_seconds, maximum_pods,
    covered_seconds, through, workload_id, source)
SELECT h, 40000 * (1 + (w.id + extract(hour FROM h)::int) % 50), 20000, 900000, 3865470566400, 3600, 1, 3600,
    h + interval '1 hour', w.id, 1
FROM generate_series(date_trunc('day', now()) - interval '{HOURS_OF} days', now() - interval '1 hour', '1 hour') h, workload w
ORDER BY h, w.id;
INSERT INTO cost_day_touched (day, cluster, source)
SELECT DISTINCT date_trunc('day', h.hour), w.cluster, h.source FROM cost_hourly h JOIN workload w ON w.id = h.workload_id;
ANALYZE cost_hourly;
VACUUM ANALYZE cost_daily; VACUUM ANALYZE cost_entity_daily; VACUUM ANALYZE cost_entity_to_date;
VACUUM ANALYZE cost_cluster_daily; VACUUM ANALYZE cost_attribution; VACUUM ANALYZE workload; VACUUM ANALYZE entity_workload;
"""


def program():
    return pathlib.Path(os.environ["CALLBOARD_TEST_BINARY"]).with_name("CostBench")


def seed(url):
    """Makes the schema and the data in an empty database; tells the first workload's id."""
    subprocess.run([program(), url], check=True, timeout=60)
    catalog.psql(url, DATA)
    subprocess.run([program(), url, "sums"], check=True, timeout=240)
    for table in ("cost_workload_sheet", "cost_hour_sheet", "cost_cluster_hourly", "cost_daily", "cost_entity_daily",
                  "cost_entity_to_date", "cost_cluster_daily", "cost_attribution"):
        catalog.psql(url, f"VACUUM ANALYZE callboard.{table}")
    return int(catalog.psql(url, "SELECT min(id) FROM callboard.workload"))


def copy_milliseconds(url, folder):
    """A plain COPY of the rows of an hour, each time of another one, into the table itself."""
    rows = folder / "hour.tsv"
    columns = catalog.psql(url, """SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = 'callboard.cost_hourly'::regclass AND attnum > 1 AND NOT attisdropped""").strip()
    script = "SET search_path = callboard, public;\nSET TimeZone = 'UTC';\n"
    for hour in range(9):
        script += (
            f"\\copy (SELECT hour + interval '1 day {hour} hours', {columns} FROM cost_hourly WHERE hour = '{DAY}') to {rows}\n"
            f"\\timing on\n\\copy cost_hourly (hour, {columns}) from {rows}\n\\timing off\n")
    return statistics.median(float(text) for text in re.findall(r"Time: ([0-9.]+) ms", catalog.psql(url, script)))


def measure(folder, url, results):
    first = seed(url)
    run = subprocess.run(
        [program(), url, str(first), str(WORKLOADS), DAY, str(ROUNDS)], check=True, stdout=subprocess.PIPE, text=True,
        timeout=600)
    figures = json.loads(run.stdout.splitlines()[-1])
    for name, value in figures.items():
        results[f"costs: {name}, ms"] = value
    copied = copy_milliseconds(url, folder)
    results["costs: plain COPY of an hour, ms"] = copied
    results["costs: first write / COPY"] = figures["an hour first written"] / copied
