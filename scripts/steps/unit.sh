# All Go tests; outside `make quick` with the race detector and never from a
# cache. SALLYPORT_TEST_POSTGRES, when set, makes the same run cover PostgreSQL.
set -euo pipefail
counting=
flags=(-json -vet=off -timeout 25m)
if [ "$MODE" = all ]; then
    flags+=(-count=1)
    if command -v "$(go env CC)" >/dev/null; then
        export CGO_ENABLED=1
        # The detector allocates too: what counts allocations runs after it, without.
        flags+=(-race -skip Allocat)
        counting=$(git grep --untracked -l AllocsPerRun -- '*_test.go' | xargs -r -n 1 dirname | sort -u | sed 's|^|./|')
    else
        echo "skip the race detector (needs a C compiler)" >>"$RESULTS"
    fi
fi
if [ -s "${CODES:-}" ]; then # what the step "codes" made
    export SALLYPORT_TEST_CODES=$CODES
fi
go build -o .cache/testreport ./scripts/testreport
failed=0
go test "${flags[@]}" ./... 2>&1 | .cache/testreport -results "$RESULTS" || failed=1
if [ -n "$counting" ]; then
    # shellcheck disable=SC2086 # a list of folders
    go test -json -vet=off -count=1 -run Allocat $counting 2>&1 | .cache/testreport -results "$RESULTS" || failed=1
fi
if [ "$MODE" = all ] && [ -n "${SALLYPORT_TEST_POSTGRES:-}" ]; then
    # The services' tests ran on SQLite; the same once more on the server.
    services=$(git grep --untracked -l 'storetest\.Open(' -- '*_test.go' | xargs -r -n 1 dirname | sort -u | sed 's|^|./|')
    # shellcheck disable=SC2086 # a list of folders
    SALLYPORT_TEST_ON=postgres go test -json -vet=off -count=1 -timeout 25m $services 2>&1 | .cache/testreport -results "$RESULTS" || failed=1
fi
exit $failed
