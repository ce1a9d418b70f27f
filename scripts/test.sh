#!/usr/bin/env bash
# Everything that proves the product, step by step:
#
#   scripts/test.sh           all of it
#   scripts/test.sh quick     Go and SQLite alone
#   STEPS="unit fuzz" scripts/test.sh    only these
#
# Ends with "N passed, N failed" and a line for whatever was not run and why.
# With CI=true anything that was not run is a failure. Each step is a file in
# scripts/steps; it exits with 0 (passed), 77 (not run: its last line says why)
# or anything else (failed), and may append its own counts to $RESULTS as lines
# "pass N", "fail N" and "skip WHAT (REASON)".
set -euo pipefail
cd "$(dirname "$0")/.."

mode=${1:-all}
case $mode in
    all) steps="format vet staticcheck build codes unit fuzz browser packaging" ;;
    quick) steps="vet unit" ;;
    *)
        echo "usage: scripts/test.sh [quick]" >&2
        exit 2
        ;;
esac
steps=${STEPS:-$steps}

logs=.cache/test
rm -rf "$logs"
mkdir -p "$logs"
export MODE=$mode CODES=$PWD/$logs/codes.tsv
RESULTS=$PWD/$logs/results
export RESULTS
: >"$RESULTS"

# The private PostgreSQL lives in a folder that its own user can reach.
database=$(mktemp -d "${TMPDIR:-/tmp}/sallyport-test.XXXXXX")
chmod 755 "$database"
finish() {
    if [ -d "$database/cluster" ]; then
        scripts/postgres.sh stop "$database/cluster" || true # the folder goes next, and the server with it
    fi
    rm -rf "$database"
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { # outcome, name, seconds, remark
    printf '%-8s %-12s %4s s  %s\n' "$1" "$2" "$3" "${4:-}"
}

start_postgres() {
    if [ -n "${SALLYPORT_TEST_POSTGRES:-}" ]; then
        return # somebody brought their own
    fi
    local began=$SECONDS
    if SALLYPORT_TEST_POSTGRES=$(scripts/postgres.sh start "$database/cluster" 2>"$logs/postgres.log"); then
        export SALLYPORT_TEST_POSTGRES
        say ready postgres $((SECONDS - began))
    else
        local why=${SALLYPORT_TEST_POSTGRES#not run: }
        echo "skip ${why:-PostgreSQL (it did not start, see $logs/postgres.log)}" >>"$RESULTS"
        say "not run" postgres $((SECONDS - began)) "$why"
        unset SALLYPORT_TEST_POSTGRES
    fi
}

run() {
    local name=$1 log=$logs/$1.log began=$SECONDS before code=0 last
    before=$(wc -l <"$RESULTS")
    bash "scripts/steps/$name.sh" >"$log" 2>&1 </dev/null || code=$?
    last=$(tail -n 1 "$log")
    case $code in
        0)
            say passed "$name" $((SECONDS - began)) "$(grep -E '^tests: ' "$log" | tail -n 1 || true)"
            [ "$(wc -l <"$RESULTS")" -gt "$before" ] || echo "pass 1" >>"$RESULTS"
            ;;
        77)
            say "not run" "$name" $((SECONDS - began)) "${last#not run: }"
            echo "skip ${last#not run: }" >>"$RESULTS"
            ;;
        *)
            say FAILED "$name" $((SECONDS - began)) "see $log"
            tail -n 80 "$log" | sed 's/^/    /'
            # A step that failed has failed, whatever it had counted by then.
            tail -n "+$((before + 1))" "$RESULTS" | grep -qE '^fail [1-9]' || echo "fail 1" >>"$RESULTS"
            ;;
    esac
}

if [ "$mode" = all ]; then
    began=$SECONDS
    scripts/setup.sh >"$logs/setup.log" 2>&1 || true # the steps look at what they need themselves
    say ready setup $((SECONDS - began)) "$(grep -E '^(missing|could not)' "$logs/setup.log" | head -n 1 || true)"
    case " $steps " in *" unit "* | *" browser "* | *" packaging "*) start_postgres ;; esac
fi
for step in $steps; do
    run "$step"
done
cat "$logs"/*.log >"$logs/full.log" 2>/dev/null || true # nothing ran: nothing to join

passed=$(awk '$1 == "pass" { n += $2 } END { print n + 0 }' "$RESULTS")
failed=$(awk '$1 == "fail" { n += $2 } END { print n + 0 }' "$RESULTS")
skipped=$(sed -n 's/^skip //p' "$RESULTS")
echo
if [ -n "$skipped" ]; then
    sed 's/^/not run: /' <<<"$skipped"
    if [ "${CI:-}" = true ]; then
        failed=$((failed + $(wc -l <<<"$skipped")))
        echo "(counted as failed, because CI=true)"
    fi
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
