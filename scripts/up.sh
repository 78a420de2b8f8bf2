#!/usr/bin/env bash
# `make up`: starts everything in the background and returns when it is ready. `make down` stops it.
source "$(dirname "$0")/local.sh"

ready_to_stay=no
undo() { [ "$ready_to_stay" = yes ] || stop_all; }
start_all undo
ready_to_stay=yes
print_welcome
echo "make down stops it."
