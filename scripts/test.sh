#!/usr/bin/env bash
# `make test`: every test, against a real API server and a real PostgreSQL of their own.
# CALLBOARD_RELEASE_BINARY: a program that the end-to-end tests run instead of the one that is built here.
source "$(dirname "$0")/harness.sh"
at_exit print_timings

cd "$repository"

# What failed is said once more at the end: among thousands of lines nobody finds it.
run_swift_tests() {
    local log="$surroundings/swift-tests.log" status=0
    swift test --no-parallel 2>&1 | tee "$log" || status=$?
    [ "$status" = 0 ] || { say "what failed:"; grep -A 2 -E '^✘|^[^{].*: error:|Fatal error' "$log" | tail -n 200 >&2; }
    return "$status"
}

phase "packages and control plane" install_everything
phase "Python clients" provide_python
phase "build" swift build
CALLBOARD_TEST_BINARY="$(swift build --show-bin-path)/callboard"
# What runs the fault proxy.
CALLBOARD_TEST_PYTHON=$python
export CALLBOARD_TEST_BINARY CALLBOARD_TEST_PYTHON
phase "cluster and database" provide_surroundings --fast
phase "spare cluster" provide_spare_cluster
# One after the other: many of them wait with deadlines, which two cores under eight hundred tests at once do not keep.
phase "Swift tests" run_swift_tests
CALLBOARD_TEST_BINARY=${CALLBOARD_RELEASE_BINARY:-$CALLBOARD_TEST_BINARY}
phase "end-to-end tests" "$python" -m pytest -p no:cacheprovider Tests/EndToEnd
