#!/usr/bin/env bash
# Installs the Debian packages that a purpose needs, and only those that are missing.
# Usage: install-packages.sh build|run|postgres|control-plane-build|control-plane-run|test|bench …
source "$(dirname "$0")/lib.sh"

packages_of() {
    case $1 in
        build) echo g++ pkg-config libcurl4-openssl-dev libpq-dev libssl-dev libyaml-dev libmicrohttpd-dev libsimdjson-dev ;;
        run) echo curl python3 ;;
        postgres) echo postgresql postgresql-client python3 ;;
        control-plane-build) echo golang-go dpkg-dev jq rsync make patch python3 golang-github-modern-go-reflect2-dev ;;
        control-plane-run) echo etcd-server openssl curl python3 ;;
        test) echo python3 python3-venv curl openssl prometheus ;;
        bench) echo wrk postgresql-client ;;
        *) fail "unknown purpose '$1': expected build, run, postgres, control-plane-build, control-plane-run, test or bench" ;;
    esac
}

[ $# -gt 0 ] || fail "usage: install-packages.sh PURPOSE …"
command -v apt-get >/dev/null || fail "apt-get not found: Callboard builds on Debian 12; elsewhere install these by hand: $(packages_of "$1")"

missing=()
for purpose in "$@"; do
    for package in $(packages_of "$purpose"); do
        dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
    done
done
[ ${#missing[@]} -gt 0 ] || exit 0

log="$cache_home/logs/apt.log"
install() {
    # Debian's packages would start system services; ours are private to the run.
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}"
}
update() { as_root apt-get update -o DPkg::Lock::Timeout=300; }

# An update that fails for one foreign source must not stop us: the install decides.
(slow_step "reading Debian's package lists" "$cache_home/logs/apt-update.log" update) || true
slow_step "installing ${missing[*]}" "$log" install
