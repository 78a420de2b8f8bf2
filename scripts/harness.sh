# shellcheck shell=bash
# The surroundings of tests and benchmarks: a private cluster and database in a temporary folder, both gone at the end,
# and a Python with the clients that are asked for in requirements-test.txt.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
scripts="$repository/scripts"

timings=()
# phase NAME command…: runs a step and remembers how long it took; the first failure ends everything.
phase() {
    local name=$1 started=$SECONDS status=0
    shift
    say "== $name"
    "$@" || status=$?
    timings+=("$(printf '%6d s  %s%s' $((SECONDS - started)) "$name" "$([ "$status" = 0 ] || echo '  FAILED')")")
    [ "$status" = 0 ] || exit "$status"
}
print_timings() { [ ${#timings[@]} = 0 ] || printf '%s\n' "${timings[@]}" >&2; }

# With `&&`, because a function that runs as a phase does not stop at its first failure by itself.
install_everything() {
    command -v swift >/dev/null || fail "Swift 6.1 or newer not found: https://www.swift.org/install"
    "$scripts/install-packages.sh" build postgres control-plane-run test && "$scripts/build-control-plane.sh" >/dev/null
}

# Virtual environments in the cache, each made anew when its requirements change. Sets `python`.
provide_python() {
    python_with requirements-test.txt || return 1
    # shellcheck disable=SC2034 # used by the scripts that source this file
    python=$python_found
}
# The peers of the benchmarks, apart from the clients because they want versions of their own.
provide_bench_python() {
    python_with requirements-bench.txt || return 1
    export CALLBOARD_BENCH_PYTHON=$python_found
}
python_with() { # REQUIREMENTS; sets `python_found`
    local system=/usr/bin/python3 folder
    [ -x "$system" ] || system=python3
    folder="$cache_home/python-$({ "$system" --version; cat "$scripts/$1"; } | sha256sum | cut -c 1-12)"
    python_found="$folder/bin/python"
    [ ! -f "$folder/complete" ] || return 0
    slow_step "installing Python packages" "$cache_home/logs/pip.log" make_python "$system" "$folder" "$1"
}
make_python() { # SYSTEM FOLDER REQUIREMENTS
    rm -rf "$2" && "$1" -m venv "$2" &&
        "$2/bin/python" -m pip install --disable-pip-version-check -r "$scripts/$3" && touch "$2/complete"
}

remove_surroundings() {
    "$scripts/cluster.sh" stop "$surroundings/spare"
    for folder in "$surroundings" "$surroundings/second"; do
        "$scripts/cluster.sh" stop "$folder/cluster"
        "$scripts/postgres.sh" remove "$folder/postgres"
    done
    rm -rf "$surroundings"
}

# start_surroundings FOLDER [postgres flags…]: a cluster and a database in the folder.
start_surroundings() {
    mkdir -p "$1" && "$scripts/cluster.sh" start "$1/cluster" --nodes 2 &&
        "$scripts/postgres.sh" start "$1/postgres" --createdb "${@:2}"
}

# use_surroundings FOLDER: exports where they are.
use_surroundings() {
    # For what must stop and start them: scripts/cluster.sh restart-apiserver, scripts/postgres.sh restart.
    export CALLBOARD_TEST_CLUSTER="$1/cluster" CALLBOARD_TEST_POSTGRES="$1/postgres"
    export CALLBOARD_TEST_KUBECONFIG="$1/cluster/kubeconfig"
    CALLBOARD_TEST_KUBECTL=$(cat "$1/cluster/kubectl")
    # Its role may create databases: each suite makes its own.
    CALLBOARD_TEST_DATABASE_URL=$("$scripts/postgres.sh" url "$1/postgres")
    export CALLBOARD_TEST_KUBECTL CALLBOARD_TEST_DATABASE_URL
}

# provide_surroundings [postgres flags…]: starts both and exports where they are.
provide_surroundings() {
    surroundings=$(mktemp -d "${TMPDIR:-/tmp}/callboard-surroundings.XXXXXX")
    at_exit remove_surroundings
    start_surroundings "$surroundings" "$@" && use_surroundings "$surroundings"
}

# A second cluster, after provide_surroundings: for tests that kill its programs and take it back in time.
provide_spare_cluster() {
    export CALLBOARD_TEST_SPARE_CLUSTER="$surroundings/spare"
    "$scripts/cluster.sh" start "$CALLBOARD_TEST_SPARE_CLUSTER" --no-controllers
}
