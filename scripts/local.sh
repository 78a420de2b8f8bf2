# shellcheck shell=bash
# A whole Callboard on this machine, for `make run` and `make up`: a cluster, a database, the controller. Everything it
# keeps lies in .local; what the user gives (KUBECONFIG, DATABASE_URL) is used as it is and never stopped.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

state="${CALLBOARD_STATE:-$repository/.local}"
port="${CALLBOARD_PORT:-7007}"
url="http://127.0.0.1:$port"
controller_log="$state/callboard.log"

# The variables of .local/env may be set in the user's shell; they do not make our own cluster a foreign one.
given_kubeconfig() { [ -n "${KUBECONFIG:-}" ] && [ "$KUBECONFIG" != "$state/cluster/kubeconfig" ]; }
own_database_url() { "$repository/scripts/postgres.sh" url "$state/postgres" 2>/dev/null || true; }
given_database() { [ -n "${DATABASE_URL:-}" ] && [ "$DATABASE_URL" != "$(own_database_url)" ]; }

is_up() { process_alive "$state/callboard.pid"; }

check_not_up() {
    if is_up; then
        say "Callboard is already running: $(grep -o "http://[^']*" "$state/env" 2>/dev/null || echo "see $state"), log $controller_log"
        exit 0
    fi
}

check_port() {
    port_is_free "$port" || fail "port $port is taken by another program: free it, or choose one with CALLBOARD_PORT=7008"
}

build_controller() {
    if [ -n "${CALLBOARD_BINARY:-}" ]; then binary=$CALLBOARD_BINARY; return; fi
    command -v swift >/dev/null || fail "Swift 6.1 or newer not found. Install it from https://www.swift.org/install" \
        "(Debian 12), and put its folder usr/bin in PATH"
    "$repository/scripts/install-packages.sh" build
    cd "$repository"
    slow_step "building Callboard (the first time takes minutes)" "$state/build.log" \
        swift build -c release --product callboard
    binary="$(swift build -c release --show-bin-path)/callboard"
}

provide_cluster() {
    if given_kubeconfig; then
        export KUBECONFIG
        say "using the cluster of KUBECONFIG=$KUBECONFIG"
        [ "${CALLBOARD_SAMPLE:-}" = 1 ] || say "nothing is applied to it (CALLBOARD_SAMPLE=1 applies the sample workloads)"
        kubectl=kubectl
    else
        "$repository/scripts/cluster.sh" start "$state/cluster"
        eval "$("$repository/scripts/cluster.sh" env "$state/cluster")"
        kubectl=${KUBECTL:?}
    fi
    if ! given_kubeconfig || [ "${CALLBOARD_SAMPLE:-}" = 1 ]; then
        local file="$repository/samples/workloads.yaml"
        command -v "$kubectl" >/dev/null || fail "kubectl not found; without it the sample workloads cannot be applied"
        ! given_kubeconfig || say "applying to it:" "$("$kubectl" apply --dry-run=client -o name -f "$file" | paste -sd' ')"
        "$kubectl" apply -f "$file" >"$state/samples.log" 2>&1 || { cat "$state/samples.log" >&2; fail "samples not applied"; }
        say "the sample workloads are applied"
    fi
}

provide_database() {
    if given_database; then
        say "using the database of DATABASE_URL"
    else
        "$repository/scripts/postgres.sh" start "$state/postgres"
        DATABASE_URL=$(own_database_url)
    fi
    export DATABASE_URL
}

write_environment() {
    [ -s "$state/token" ] || random_secret >"$state/token"
    CALLBOARD_TOKEN=$(cat "$state/token")
    export CALLBOARD_TOKEN CALLBOARD_PORT=$port
    {
        printf "export %s=%q\n" CALLBOARD_URL "$url" CALLBOARD_TOKEN "$CALLBOARD_TOKEN" KUBECONFIG "$KUBECONFIG" \
            DATABASE_URL "$DATABASE_URL" KUBECTL "$kubectl"
    } >"$state/env"
}

start_controller() {
    cd "$repository"
    : >"$controller_log"
    start_process "$state/callboard.pid" "$controller_log" \
        "$binary" serve --config config/app-config.yaml --config config/app-config.local.yaml
}

ready() { ! is_up || curl -fsS --max-time 2 "$url/readyz"; }
wait_ready() {
    wait_until 120 "Callboard ($controller_log)" ready || true
    if is_up && curl -fsS --max-time 2 "$url/readyz" >/dev/null 2>&1; then return; fi
    tail -n 20 "$controller_log" >&2
    fail "Callboard did not become ready; its log is $controller_log"
}

# start_all AT_EXIT: the function is called when the script ends, but not when Callboard was up already.
start_all() {
    umask 077
    mkdir -p "$state"
    check_not_up
    exec 9>"$state/lock"
    flock -n 9 || fail "another make run, up or down is at work in $state"
    check_not_up
    at_exit "$1"
    if ! command -v curl >/dev/null || ! command -v python3 >/dev/null; then "$repository/scripts/install-packages.sh" run; fi
    check_port
    build_controller
    provide_cluster
    provide_database
    write_environment
    say "starting Callboard on $url"
    start_controller
    wait_ready
}

# Stops what runs in .local; without something there it does nothing.
stop_all() {
    is_up && say "stopping"
    stop_process "$state/callboard.pid" 15
    [ ! -d "$state/cluster" ] || "$repository/scripts/cluster.sh" stop "$state/cluster"
    [ ! -d "$state/postgres" ] || "$repository/scripts/postgres.sh" stop "$state/postgres"
    rm -f "$state/env"
}

print_welcome() {
    cat <<TEXT

Callboard is ready:  $url
Token:               $CALLBOARD_TOKEN
Log:                 $controller_log

In another shell, worth trying:

  . ${state#"$repository"/}/env; auth="Authorization: Bearer \$CALLBOARD_TOKEN"

  # the catalog: components, with owner and relations
  curl -s -H "\$auth" "\$CALLBOARD_URL/api/catalog/entities/by-query?filter=kind=component&fields=metadata.name,spec.owner,relations"

  # what one of them costs
  curl -s -H "\$auth" "\$CALLBOARD_URL/api/callboard/entities/component/default/nautilus-dev/costs"

  # an agent's question, over MCP: which workloads has nobody claimed?
  curl -s -H "\$auth" -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \\
    -H 'MCP-Protocol-Version: 2025-11-25' "\$CALLBOARD_URL/api/mcp-actions/v1" -d \\
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"callboard_list_orphan_workloads","arguments":{}}}'

TEXT
}
