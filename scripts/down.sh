#!/usr/bin/env bash
# `make down`: stops what `make up` started. Data in .local stay for the next time; `make clean` forgets them.
source "$(dirname "$0")/local.sh"

mkdir -p "$state"
exec 9>"$state/lock"
flock -n 9 || fail "another make run, up or down is at work in $state; end that one (Ctrl-C) first"
stop_all
say "Callboard is down"
