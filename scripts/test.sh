#!/usr/bin/env bash
# `make test`: every test, against a real API server and a real PostgreSQL of their own.
# CALLBOARD_RELEASE_BINARY: a program that the end-to-end tests run instead of the one that is built here.
source "$(dirname "$0")/harness.sh"
at_exit print_timings

cd "$repository"

# both ONE OTHER: runs two functions side by side, since most tests wait; fails when one of them does.
beside=
end_beside() { [ -z "$beside" ] || kill -- "-$beside" 2>/dev/null || true; }
at_exit end_beside
both() {
    local status=0
    set -m # a process group of its own: a plain background command would ignore Ctrl-C
    "$1" &
    beside=$!
    set +m
    "$2" || status=$?
    wait "$beside" || status=$?
    beside=
    return "$status"
}

# Within each half one test after the other: many have deadlines, which two cores under hundreds of tests at once do not keep.
# The rooms of one half talk to the shared cluster.
with_cluster='^(KubeClient|Reconcilers|API)Tests\.'
test_rooms_with_cluster() { test_rooms cluster --filter "$with_cluster"; }
test_other_rooms() { test_rooms others --skip "$with_cluster"; }

# test_rooms NAME FLAG…: every test that the flags choose. What is worth reading is printed as it comes.
test_rooms() {
    local log="$surroundings/swift-tests-$1.log"
    NO_COLOR=1 "$tests" --testing-library swift-testing --no-parallel "${@:2}" 2>&1 | tee "$log" |
        grep --line-buffered -aE '✘|✔ Suite|Test run|recorded an issue|Fatal error|Crash|Backtrace' || true
    # Whatever ended it otherwise, a crash too, has not said this.
    grep -qaE 'Test run with .* passed' "$log"
}

# What failed is said once more at the end: among hundreds of lines nobody finds it.
run_swift_tests() {
    tests="$(swift build --show-bin-path)/callboardPackageTests.xctest"
    both test_rooms_with_cluster test_other_rooms || {
        say "what failed:"
        grep -haE -A 2 '✘|^[^{].*: error:|Fatal error' "$surroundings"/swift-tests-*.log | tail -n 200 >&2
        return 1
    }
}

# Each half has a cluster and a database: some tests restart them.
run_end_to_end_tests() { both test_first_half_from_end_to_end test_second_half_from_end_to_end; }
test_first_half_from_end_to_end() { "$python" -m pytest -p no:cacheprovider Tests/EndToEnd/test_[a-l]*.py; }
test_second_half_from_end_to_end() {
    use_surroundings "$surroundings/second"
    "$python" -m pytest -p no:cacheprovider Tests/EndToEnd/test_[m-z]*.py
}

phase "packages and control plane" install_everything
phase "Python clients" provide_python
phase "build" swift build --build-tests
CALLBOARD_TEST_BINARY="$(swift build --show-bin-path)/callboard"
# What runs the fault proxy.
CALLBOARD_TEST_PYTHON=$python
export CALLBOARD_TEST_BINARY CALLBOARD_TEST_PYTHON
phase "cluster and database" provide_surroundings --fast
phase "spare cluster" provide_spare_cluster
phase "Swift tests" run_swift_tests
CALLBOARD_TEST_BINARY=${CALLBOARD_RELEASE_BINARY:-$CALLBOARD_TEST_BINARY}
phase "second cluster and database" start_surroundings "$surroundings/second" --fast
phase "end-to-end tests" run_end_to_end_tests
