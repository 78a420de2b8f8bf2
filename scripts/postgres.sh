#!/usr/bin/env bash
# A private PostgreSQL on a free loopback port and a socket in its folder. Several can run side by side.
#
#   postgres.sh start DIR [--fast] [--createdb]   ready on return; a stopped one goes on with its data
#   postgres.sh stop DIR
#   postgres.sh restart DIR                       same port: what a client sees of a database restart
#   postgres.sh url DIR                           prints the URL of database `callboard`, owned by role `callboard`
#   postgres.sh admin-url DIR                     prints the URL of the superuser
#   postgres.sh remove DIR                        stops it and deletes its data
#
# --fast: no fsync, for tests only. --createdb: the role `callboard` may create databases and roles, as test suites need.
# PostgreSQL refuses to run as root; for root it runs as the system user `postgres` of Debian's package.
source "$(dirname "$0")/lib.sh"

usage() { sed -n '2,/^source/{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2; }

command=${1:-}
[ $# -ge 2 ] || usage
case $command in start | stop | restart | url | admin-url | remove) ;; *) usage ;; esac
umask 077
[ "$command" != start ] || mkdir -p "$2"
[ -d "$2" ] || case $command in stop | remove) exit 0 ;; *) fail "no PostgreSQL was started in $2" ;; esac
dir=$(cd "$2" && pwd)
shift 2
fast=no createdb="NOCREATEDB NOCREATEROLE"
while [ $# -gt 0 ]; do
    case $1 in
        --fast) fast=yes; shift ;;
        --createdb) createdb="CREATEDB CREATEROLE"; shift ;;
        *) usage ;;
    esac
done

# As root, PostgreSQL's files belong to its own user and live where that user can reach them: DIR may lie in a home
# folder that is closed to others. DIR/home then points there.
as_postgres() { if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }
make_home() {
    [ ! -d "$dir/home" ] || return 0
    local home
    if [ "$(id -u)" = 0 ]; then
        as_postgres mkdir -p /var/lib/postgresql/callboard
        home=$(as_postgres mktemp -d /var/lib/postgresql/callboard/XXXXXXXX)
        ln -sfn "$home" "$dir/home"
    else
        mkdir -p "$dir/home"
    fi
}

newest_programs() {
    local found
    found=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -name '[0-9]*' 2>/dev/null | sort -V | tail -n 1)
    [ -x "$found/bin/postgres" ] || fail "PostgreSQL not found in /usr/lib/postgresql (Debian package postgresql)"
    echo "$found/bin"
}

running() { [ -d "$dir/home/data" ] && as_postgres "$programs/pg_ctl" status -D "$home/data" >/dev/null 2>&1; }

initialise() {
    local admin_password
    admin_password=$(random_secret)
    echo "$admin_password" >"$dir/admin-password"
    random_secret >"$dir/password"
    as_postgres tee "$home/password" <<<"$admin_password" >/dev/null
    as_postgres "$programs/initdb" -D "$home/data" --username=postgres --encoding=UTF8 --locale=C.UTF-8 \
        --auth=scram-sha-256 --pwfile="$home/password" >"$dir/initdb.log" 2>&1 || {
        cat "$dir/initdb.log" >&2
        rm -rf "${home:?}/data"
        fail "PostgreSQL could not be initialised in $home/data"
    }
    rm -f "$home/password"
}

sql() { # reads statements on standard input; they may hold passwords
    PGPASSWORD=$(cat "$dir/admin-password") "$programs/psql" -X -q -A -t -v ON_ERROR_STOP=1 \
        -h 127.0.0.1 -p "$port" -U postgres -d postgres
}

write_settings() {
    local socket="$home/socket"
    as_postgres mkdir -p "$socket"
    chmod 0755 "$home" "$socket" # who may connect is decided by the password; the data stay closed
    {
        echo "listen_addresses = '127.0.0.1'"
        echo "port = $port"
        # A socket's whole path may have 107 characters.
        if [ $((${#socket} + 20)) -le 107 ]; then echo "unix_socket_directories = '$socket'"
        else echo "unix_socket_directories = ''"; fi
        echo "log_min_messages = warning"
        if [ "$fast" = yes ]; then printf '%s = off\n' fsync synchronous_commit full_page_writes autovacuum; fi
    } | as_postgres tee "$home/data/callboard.conf" >/dev/null
    as_postgres grep -q "^include 'callboard.conf'" "$home/data/postgresql.conf" ||
        echo "include 'callboard.conf'" | as_postgres tee -a "$home/data/postgresql.conf" >/dev/null
}

# PostgreSQL's log is its own user's; ours may not be writable for it.
launch() { as_postgres "$programs/pg_ctl" start -w -t 60 -s -D "$home/data" -l "$home/postgres.log" </dev/null 9>&-; }

create_database() {
    local password
    password=$(cat "$dir/password")
    sql <<SQL
SELECT 'CREATE ROLE callboard LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'callboard') \gexec
ALTER ROLE callboard $createdb PASSWORD '$password';
SELECT 'CREATE DATABASE callboard OWNER callboard'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'callboard') \gexec
SQL
}

url_of() { echo "postgresql://$1:$(cat "$dir/$2")@127.0.0.1:$(cat "$dir/port")/$3"; }

start() {
    "$(dirname "$0")/install-packages.sh" postgres
    programs=$(newest_programs)
    make_home
    home=$(cd "$dir/home" && pwd -P)
    if running; then say "PostgreSQL in $dir is already running"; return 0; fi
    local begun=$SECONDS attempt
    [ -f "$home/data/PG_VERSION" ] || initialise
    for attempt in 1 2 3; do
        port=$(free_ports 1)
        # The same port as before when it is still free: clients that wait for this database find it again.
        if [ "$attempt" = 1 ] && [ -f "$dir/port" ] && port_is_free "$(cat "$dir/port")"; then port=$(cat "$dir/port"); fi
        write_settings
        if launch; then
            echo "$port" >"$dir/port"
            create_database
            say "PostgreSQL $("$programs/postgres" --version | cut -d' ' -f3) is ready in $dir after $((SECONDS - begun)) s"
            return 0
        fi
        as_postgres tail -n 20 "$home/postgres.log" | grep -q 'Address already in use' || break
    done
    as_postgres tail -n 20 "$home/postgres.log" >&2
    fail "PostgreSQL did not start; its log is $home/postgres.log"
}

# Sets `programs` and `home` of a database that was started before; false when there is none.
find_existing() {
    [ -d "$dir/home/data" ] || return 1
    programs=$(newest_programs)
    home=$(cd "$dir/home" && pwd -P)
}
stop() {
    find_existing || return 0
    ! running || as_postgres "$programs/pg_ctl" stop -w -t 60 -s -m fast -D "$home/data"
}

case $command in
    start) start ;;
    stop) stop ;;
    restart)
        if ! find_existing || ! running; then fail "no PostgreSQL is running in $dir"; fi
        as_postgres "$programs/pg_ctl" restart -w -t 60 -s -m fast -D "$home/data" -l "$home/postgres.log" </dev/null
        ;;
    remove)
        stop
        [ ! -e "$dir/home" ] || rm -rf "$(cd "$dir/home" && pwd -P)"
        rm -rf "${dir:?}"
        ;;
    url | admin-url)
        [ -f "$dir/port" ] || fail "no PostgreSQL was started in $dir"
        if [ "$command" = url ]; then url_of callboard password callboard; else url_of postgres admin-password postgres; fi
        ;;
esac
