#!/usr/bin/env bash
# `make sanitize`: the Swift tests of the rooms under a sanitizer of Clang.
#
#   sanitize.sh address|thread [FILTER]   FILTER as `swift test --filter` takes it; all rooms without it
#
# Needs no cluster and no database: what needs one is passed over, unless the variables that scripts/harness.sh exports
# name one. Every report fails the run.
source "$(dirname "$0")/lib.sh"
cd "$repository"

sanitizer=${1:-}
case $sanitizer in address | thread) ;; *) sed -n '2,/^source/{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2 ;; esac
filter=(${2:+--filter "$2"})
folder="$repository/.build/$sanitizer"
flags=(--sanitize "$sanitizer" --scratch-path "$folder")

if [ "$sanitizer" = thread ]; then
    mkdir -p "$folder"
    clang -c -O1 -fPIC -Wall -Wextra -Werror Tests/Sanitizers/tsan-mutex.c -o "$folder/tsan-mutex.o"
    flags+=(-Xlinker "$folder/tsan-mutex.o")
fi
# Leaks are not looked for: the Swift runtime keeps its metadata in memory that only it can find.
export ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=1 TSAN_OPTIONS=halt_on_error=0:exitcode=66

slow_step "building the tests for the $sanitizer sanitizer" "$folder.log" swift build --build-tests "${flags[@]}"
log="$folder-tests.log"
if swift test --skip-build --no-parallel "${flags[@]}" "${filter[@]}" 2>&1 | tee "$log"; then exit 0; fi
# The same tests run without a sanitizer too. Here they run many times slower, so that one may miss its deadline on a busy
# machine; what is looked for are reports, and crashes.
if grep -qE 'WARNING: ThreadSanitizer|ERROR: AddressSanitizer|SUMMARY: |unexpected signal|Fatal error|error: Exited' "$log" ||
    ! grep -q 'Test run with .* failed' "$log"; then
    fail "the $sanitizer sanitizer has something to report; the whole output is in $log"
fi
say "the $sanitizer sanitizer reports nothing; these tests missed a deadline under it:"
grep -E '^✘ Test ".*failed' "$log" || true
