#!/usr/bin/env bash
# `make run`: starts everything and stays in the foreground with the controller's log. Ctrl-C stops all it started.
source "$(dirname "$0")/local.sh"

start_all stop_all
print_welcome
echo "Ctrl-C stops all of it. The log:"
read -r controller _ <"$state/callboard.pid"
tail -n +1 --pid="$controller" -F "$controller_log" 2>/dev/null || true
fail "Callboard ended by itself"
