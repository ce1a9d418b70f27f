#!/usr/bin/env bash
# A PostgreSQL of the tests' own: `postgres.sh start FOLDER` makes a cluster in
# FOLDER, starts it on a free loopback port and prints its address;
# `postgres.sh stop FOLDER` ends it. Exits with 77 where there is no PostgreSQL.
# DURABLE=1 leaves it writing through to the disk, for benchmarks.
# It has no password: it listens on loopback only and lives as long as the run.
set -euo pipefail
action=$1
folder=$2

newest=$(find /usr/lib/postgresql -maxdepth 1 -mindepth 1 2>/dev/null | sort -V | tail -n 1)
if [ -n "$newest" ]; then
    PATH="$newest/bin:$PATH"
fi
if ! command -v initdb >/dev/null; then
    echo "not run: PostgreSQL (needs postgresql)"
    exit 77
fi

as_postgres() { # the server refuses to run as root
    if [ "$(id -u)" = 0 ]; then
        runuser -u postgres -- env PATH="$PATH" "$@"
    else
        "$@"
    fi
}

start() {
    mkdir -p "$folder"
    if [ "$(id -u)" = 0 ]; then
        chown postgres "$folder"
    fi
    cd "$folder"
    as_postgres initdb -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$folder/../initdb.log"
    for _ in 1 2 3 4 5; do # another program may take the port between looking and listening
        port=$((20000 + RANDOM % 20000))
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            continue
        fi
        options="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories= -c max_connections=200"
        if [ -z "${DURABLE:-}" ]; then # nothing is kept after the run, so nothing needs to reach the disk
            options="$options -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        fi
        if as_postgres pg_ctl -D "$folder/data" -s -w -t 30 -l "$folder/server.log" -o "$options" start; then
            echo "postgres://postgres@127.0.0.1:$port/postgres?sslmode=disable"
            return
        fi
    done
    echo "PostgreSQL did not start:" >&2
    cat "$folder/server.log" >&2
    return 1
}

stop() {
    cd "$folder"
    if [ -e data/postmaster.pid ]; then
        as_postgres pg_ctl -D "$folder/data" -s -m immediate -w -t 30 stop
    fi
}

"$action"
