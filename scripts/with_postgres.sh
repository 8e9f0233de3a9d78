#!/usr/bin/env bash
# Runs a command with DATABASE_URL on a throw-away PostgreSQL of its own, which ends with the command.
# Leaves the machine's own clusters alone. Nothing in it is meant to survive, so it never syncs.
set -euo pipefail

binaries=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
if [ -z "$binaries" ] && command -v initdb >/dev/null; then
    binaries=$(dirname "$(command -v initdb)")
fi
if [ ! -x "$binaries/initdb" ]; then
    echo "PostgreSQL is missing: please install the Debian package postgresql." >&2
    exit 3
fi

home=$(mktemp -d /tmp/appraisal-pg.XXXXXX)
as_owner=()
if [ "$(id -u)" -eq 0 ]; then # PostgreSQL refuses to run as root
    chown postgres "$home"
    as_owner=(setpriv --reuid=postgres --regid=postgres --init-groups env HOME="$home")
fi

child=
stop() {
    if [ -n "$child" ]; then kill -TERM "$child" 2>/dev/null || true; fi
    if [ -e "$home/data/postmaster.pid" ]; then
        (cd / && "${as_owner[@]}" "$binaries/pg_ctl" --pgdata="$home/data" --mode=immediate --silent stop) || true
    fi
    rm -rf "$home"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
(
    cd /
    umask 077
    printf '%s\n' "$password" >"$home/password"
    if [ "$(id -u)" -eq 0 ]; then chown postgres "$home/password"; fi
    "${as_owner[@]}" "$binaries/initdb" --pgdata="$home/data" --username=appraisal --pwfile="$home/password" \
        --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$home/initdb.log" 2>&1 || {
        tail -n 5 "$home/initdb.log" >&2
        exit 1
    }
    "${as_owner[@]}" "$binaries/pg_ctl" --pgdata="$home/data" --log="$home/data/server.log" --wait --silent start \
        -o "-p $port -k $home -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off -c full_page_writes=off" ||
        {
            tail -n 5 "$home/data/server.log" >&2
            exit 1
        }
)

export DATABASE_URL="postgres://appraisal:$password@127.0.0.1:$port/postgres"
# In the background, so that a signal to us is heeded at once and nothing is left behind.
"$@" &
child=$!
status=0
wait "$child" || status=$?
child=
exit "$status"
