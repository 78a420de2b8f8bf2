#!/usr/bin/env bash
# `make test`: every test, against a real API server and a real PostgreSQL of their own.
# CALLBOARD_RELEASE_BINARY: a program that the end-to-end tests run instead of the one that is built here.
source "$(dirname "$0")/harness.sh"
at_exit print_timings

cd "$repository"

# The rooms whose tests talk to the shared cluster, and all others: side by side, since both mostly wait. Within each, one test
# after the other: many have deadlines, which two cores under hundreds of tests at once do not keep.
with_cluster='^(KubeClient|Reconcilers|API)Tests\.'

# run_half NAME FLAG…: every test that the flags choose. What is worth reading is printed as it comes.
run_half() {
    local log="$surroundings/swift-tests-$1.log"
    NO_COLOR=1 "$tests" --testing-library swift-testing --no-parallel "${@:2}" 2>&1 | tee "$log" |
        grep --line-buffered -aE '✘|✔ Suite|Test run|recorded an issue|Fatal error|Crash|Backtrace' || true
    # Whatever ended it otherwise, a crash too, has not said this.
    grep -qaE 'Test run with .* passed' "$log"
}

half=
end_half() { [ -z "$half" ] || kill -- "-$half" 2>/dev/null || true; }
at_exit end_half

# What failed is said once more at the end: among hundreds of lines nobody finds it.
run_swift_tests() {
    local status=0
    tests="$(swift build --show-bin-path)/callboardPackageTests.xctest"
    set -m # a process group of its own: a plain background command would ignore Ctrl-C
    run_half cluster --filter "$with_cluster" &
    half=$!
    set +m
    run_half rest --skip "$with_cluster" || status=$?
    wait "$half" || status=$?
    half=
    [ "$status" = 0 ] || {
        say "what failed:"
        grep -haE -A 2 '✘|^[^{].*: error:|Fatal error' "$surroundings"/swift-tests-*.log | tail -n 200 >&2
    }
    return "$status"
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
phase "end-to-end tests" "$python" -m pytest -p no:cacheprovider Tests/EndToEnd
