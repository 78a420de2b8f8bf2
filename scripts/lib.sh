# shellcheck shell=bash
# Shared by the scripts of this folder: where things are kept, how progress is told, how ports are chosen, how processes
# are started and ended. Source it; it defines functions, variables and the signal traps.

set -euo pipefail

# shellcheck disable=SC2034 # used by the scripts that source this file
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache_home="${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/callboard"

# The version of Debian's source package that the local control plane is built from, and ours of what we change in it.
kubernetes_source_version="1.20.5+really1.20.2-1.1+deb12u1"
# shellcheck disable=SC2034 # used by the scripts that source this file
control_plane_cache="$cache_home/control-plane/$kubernetes_source_version-2-$(uname -m)"

say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# What must be undone when the script ends, however it ends: `at_exit command…`; the last comes first.
exit_actions=()
at_exit() { exit_actions+=("$(printf '%q ' "$@")"); }
run_exit_actions() {
    local status=$? index
    trap '' INT TERM HUP # a second Ctrl-C must not leave half of it running
    set +e
    for ((index = ${#exit_actions[@]} - 1; index >= 0; index--)); do eval "${exit_actions[index]}"; done
    exit "$status"
}
trap run_exit_actions EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# Runs a command as root: directly, or through sudo.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else fail "this step needs root (or sudo): $*"; fi
}

# slow_step "what is done" LOGFILE command…: runs a command with its output in a log file, tells every 15 s that it
# still runs, and prints the end of the log when it fails. When the script is interrupted, so is the command.
slow_step_group=
end_slow_step() { [ -z "$slow_step_group" ] || kill -- "-$slow_step_group" 2>/dev/null || true; }
at_exit end_slow_step
slow_step() {
    local what=$1 log=$2 started=$SECONDS pid status=0
    shift 2
    mkdir -p "$(dirname "$log")"
    say "$what …"
    set -m # a process group of its own: a plain background command would ignore Ctrl-C
    "$@" >"$log" 2>&1 </dev/null &
    pid=$!
    set +m
    slow_step_group=$pid
    while kill -0 "$pid" 2>/dev/null; do
        for _ in $(seq 75); do kill -0 "$pid" 2>/dev/null || break; sleep 0.2; done
        if kill -0 "$pid" 2>/dev/null; then
            say "  … $((SECONDS - started)) s: $(tail -n 1 "$log" | tr -d '\r' | cut -c 1-100)"
        fi
    done
    wait "$pid" || status=$?
    slow_step_group=
    if [ "$status" != 0 ]; then
        tail -n 40 "$log" >&2
        fail "$what failed; the whole output is in $log"
    fi
    say "$what: done in $((SECONDS - started)) s"
}

# free_ports N: prints N free loopback TCP ports, one a line, all different. They are held open together while they are
# chosen; programs that start side by side take them moments later. They lie below the kernel's range for outgoing
# connections, so that no connection takes one of them meanwhile.
free_ports() {
    python3 - "$1" <<'PYTHON'
import random, socket, sys
held = []
while len(held) < int(sys.argv[1]):
    candidate = socket.socket()
    try:
        candidate.bind(("127.0.0.1", random.randint(15000, 32000)))
        held.append(candidate)
    except OSError:
        candidate.close()
for one in held:
    print(one.getsockname()[1])
PYTHON
}

# port_is_free PORT [HOST]: whether a server could listen there now.
port_is_free() {
    python3 - "$1" "${2:-127.0.0.1}" <<'PYTHON'
import socket, sys
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    server.bind((sys.argv[2], int(sys.argv[1])))
except OSError:
    sys.exit(1)
PYTHON
}

# random_secret: 32 hexadecimal digits.
random_secret() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# wait_until SECONDS "what" command…: polls a command until it succeeds.
wait_until() {
    local seconds=$1 what=$2 deadline
    shift 2
    deadline=$((SECONDS + seconds))
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || { say "waited $seconds s for $what"; return 1; }
        sleep 0.1
    done
}

# birth PID: when a living process was started, in ticks since boot; nothing for none, and for one that has ended but was
# not collected by its parent. With the process id it names a process for good.
birth() {
    local line fields
    read -r line 2>/dev/null <"/proc/$1/stat" || return 0
    read -ra fields <<<"${line##*) }" # the program's name, in brackets, may hold blanks
    [ "${fields[0]}" = Z ] || echo "${fields[19]}"
}

# start_process PIDFILE LOG command…: starts a program that outlives this script, away from the terminal's signals.
start_process() {
    local file=$1 log=$2
    shift 2
    setsid "$@" >>"$log" 2>&1 </dev/null 9>&- &
    echo "$! $(birth $!)" >"$file"
}

# process_alive PIDFILE: whether the very process of a pid file still runs.
process_alive() {
    local pid started
    [ -f "$1" ] && read -r pid started <"$1" && [ -n "$started" ] && [ "$(birth "$pid")" = "$started" ]
}

# stop_process PIDFILE [SECONDS [SIGNAL]]: ends the process of a pid file, first kindly, after 10 s by force.
stop_process() {
    local file=$1 tenths=$((${2:-10} * 10)) signal=${3:-TERM} pid
    if process_alive "$file"; then
        read -r pid _ <"$file"
        kill "-$signal" "$pid" 2>/dev/null || true
        while process_alive "$file" && [ "$((tenths -= 1))" -ge 0 ]; do sleep 0.1; done
        if process_alive "$file"; then kill -9 "$pid" 2>/dev/null || true; fi
    fi
    rm -f "$file"
}
