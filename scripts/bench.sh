#!/usr/bin/env bash
# `make bench`: the figures of Benchmarks/, on a release build, with a real API server and a PostgreSQL that syncs to disk.
# CALLBOARD_BENCH_LARGE=1 adds a catalog of 300,000 entities.
source "$(dirname "$0")/harness.sh"
at_exit print_timings

cd "$repository"
phase "packages and control plane" install_everything
phase "load tool" scripts/install-packages.sh bench
phase "Python clients" provide_python
phase "peers in Python" provide_bench_python
for product in callboard KubeBench MatchBench CostBench; do
    phase "release build of $product" swift build -c release --product "$product"
done
CALLBOARD_TEST_BINARY="$(swift build -c release --show-bin-path)/callboard"
export CALLBOARD_TEST_BINARY
phase "cluster and database" provide_surroundings
phase "benchmarks" "$python" Benchmarks/bench.py "$@"
