#!/usr/bin/env bash
# `make clean`: stops what runs and removes everything built or kept in the repository's folder. The cache of control
# planes and Python clients stays.
source "$(dirname "$0")/local.sh"

if [ -d "$state" ]; then
    exec 9>"$state/lock"
    flock -n 9 || fail "another make run, up or down is at work in $state; end that one (Ctrl-C) first"
    stop_all
    [ ! -d "$state/postgres" ] || "$repository/scripts/postgres.sh" remove "$state/postgres"
    rm -rf "$state"
fi
rm -rf "$repository/.build" "$repository/bench-results"
