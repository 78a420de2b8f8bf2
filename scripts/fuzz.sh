#!/usr/bin/env bash
# `make fuzz`: runs libFuzzer, with the address sanitizer, on every parser of foreign bytes.
#
#   fuzz.sh [SECONDS [TARGET…]]   so long for each target (20), all targets when none is named
#   fuzz.sh minimise [TARGET…]    keeps of all that was found the few inputs that reach most code
#
# FUZZ_SEED chooses in which order inputs are drawn, so that a commit is judged by much the same ones every time on a clean
# clone; without it each run draws others.
# A run begins with Fuzz/corpus/<target> and leaves it as it is; what it finds is kept in .build/fuzz/found/<target>, and
# `minimise` brings the useful part of that into Fuzz/corpus. An input that ends the program is put into
# Fuzz/regressions/<target>: mend the reader, commit the input, and every run of the tests reads it again.
source "$(dirname "$0")/lib.sh"
cd "$repository"

build="$repository/.build/fuzz"
program="$build/debug/Fuzz"
# With lld, because gold stumbles over the debug information of so many sections.
build_fuzzer() {
    CALLBOARD_FUZZ=1 slow_step "building the fuzz targets" "$build.log" \
        swift build --product Fuzz --scratch-path "$build" -Xswiftc -O -Xswiftc -enable-testing \
        -Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld -Xcxx -fsanitize=fuzzer-no-link,address
}

# So many inputs are kept of each target: the longest of those that reach code which no other reaches.
kept_inputs=20
# Inputs longer than this reach no new code and take long.
limits=(-max_len=8192 -timeout=10 -rss_limit_mb=2048 "-seed=${FUZZ_SEED:-0}")
# Swift's own crash report reads memory that the address sanitizer guards, and hides what happened.
export SWIFT_BACKTRACE=enable=no
export LSAN_OPTIONS="suppressions=$repository/Tests/Sanitizers/lsan.supp:print_suppressions=0"

fuzz() { # SECONDS TARGET
    local log="$build/$2.log" regressions="Fuzz/regressions/$2"
    mkdir -p "$build/found/$2" "$regressions"
    if ! FUZZ_TARGET=$2 "$program" "${limits[@]}" -max_total_time="$1" -print_final_stats=1 \
        -artifact_prefix="$regressions/" "$build/found/$2" "Fuzz/corpus/$2" >"$log" 2>&1; then
        tail -n 60 "$log" >&2
        # Whoever has only this output can make the input again: base64 --decode | gunzip.
        find "$regressions" -newer "$build.log" -type f -exec sh -c 'gzip -9 <"$1" | base64 >&2' _ {} \;
        fail "$2 ended on an input, which is in $regressions; the whole output is in $log"
    fi
    rmdir "$regressions" 2>/dev/null || true
    say "$2: $(awk '/number_of_executed_units/ { print $2 }' "$log") inputs," \
        "$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1) edges"
}

minimise() { # TARGET
    local kept
    kept=$(mktemp -d "${TMPDIR:-/tmp}/callboard-corpus.XXXXXX")
    FUZZ_TARGET=$1 "$program" "${limits[@]}" -set_cover_merge=1 -use_counters=0 "$kept" "Fuzz/corpus/$1" "$build/found/$1" >"$build/$1.log" 2>&1 ||
        { tail -n 40 "$build/$1.log" >&2; fail "merging the corpus of $1 failed"; }
    find "$kept" -type f -printf '%s %p\n' | sort -rn | tail -n "+$((kept_inputs + 1))" | cut -d ' ' -f 2 | xargs -r rm --
    rm -rf "Fuzz/corpus/$1"
    mv "$kept" "Fuzz/corpus/$1"
    chmod 755 "Fuzz/corpus/$1"
    say "$1: $(find "Fuzz/corpus/$1" -type f | wc -l) inputs kept"
}

targets=()
for folder in Fuzz/corpus/*; do targets+=("$(basename "$folder")"); done
command=${1:-20}
shift || true
[ $# = 0 ] || targets=("$@")
build_fuzzer
for target in "${targets[@]}"; do
    if [ "$command" = minimise ]; then minimise "$target"; else fuzz "$command" "$target"; fi
done
