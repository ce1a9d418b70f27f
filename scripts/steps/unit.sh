# All Go tests; outside `make quick` with the race detector and never from a
# cache. SALLYPORT_TEST_POSTGRES, when set, makes the same run cover PostgreSQL.
set -euo pipefail
# What tests write is thrown away: where there is memory for it, none of it waits
# for a disk.
room=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1 || true)
memory=$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo 2>/dev/null || true)
if [ "${room:-0}" -gt 6000000 ] && [ "${memory:-0}" -gt 8000000 ]; then # kilobytes
    TMPDIR=$(mktemp -d /dev/shm/sallyport-test.XXXXXX)
    chmod 755 "$TMPDIR" # a mail server works in there as a user of its own
    export TMPDIR
    trap 'rm -rf "$TMPDIR"' EXIT
fi
apart=
measuring='Allocat|TakeAlike|ResetTellsNoAccount|AreNotFaster|AnothersAddress|CostsTheSame|CostsMore'
flags=(-json -vet=off -timeout 25m)
if [ "$MODE" = all ]; then
    flags+=(-count=1)
    if command -v "$(go env CC)" >/dev/null; then
        export CGO_ENABLED=1
        # The detector allocates too and slows hashes tenfold: what counts
        # allocations or compares times runs after it, without.
        # Some libraries are spared what tells nothing there and costs half the
        # run: password hashes touch each KiB of a block that only they know, and
        # SQLite lives outside of Go's heap, where no pointer can be checked.
        flags+=(-race -skip "$measuring" -gcflags='modernc.org/...=-d=checkptr=0')
        for alone in golang.org/x/crypto/{argon2,scrypt,blowfish} github.com/go-crypt/x/...; do
            flags+=(-gcflags="$alone=-race=false")
        done
        apart=$(git grep --untracked -lE "func Test[A-Za-z]*($measuring)" -- '*_test.go' | xargs -r -n 1 dirname | sort -u | sed 's|^|./|')
    else
        echo "skip the race detector (needs a C compiler)" >>"$RESULTS"
    fi
fi
if [ -s "${CODES:-}" ]; then # what the step "codes" made
    export SALLYPORT_TEST_CODES=$CODES
fi
go build -o .cache/testreport ./scripts/testreport
failed=0
# The two longest first and side by side, so that neither is left alone at the end.
go test "${flags[@]}" ./internal/sqlstore ./internal/app ./... 2>&1 | .cache/testreport -results "$RESULTS" || failed=1
if [ -n "$apart" ]; then
    # shellcheck disable=SC2086 # a list of folders
    go test -json -vet=off -count=1 -p 1 -run "$measuring" $apart 2>&1 | .cache/testreport -results "$RESULTS" || failed=1
fi
if [ "$MODE" = all ] && [ -n "${SALLYPORT_TEST_POSTGRES:-}" ]; then
    # The services' tests ran on SQLite; the same once more on the server.
    services=$(git grep --untracked -l 'storetest\.Open(' -- '*_test.go' | xargs -r -n 1 dirname | sort -u | sed 's|^|./|')
    # shellcheck disable=SC2086 # a list of folders
    SALLYPORT_TEST_ON=postgres go test -json -vet=off -count=1 -timeout 25m $services 2>&1 | .cache/testreport -results "$RESULTS" || failed=1
fi
exit $failed
