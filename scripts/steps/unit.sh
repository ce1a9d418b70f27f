# All Go tests; outside `make quick` with the race detector and never from a
# cache. SALLYPORT_TEST_POSTGRES, when set, makes the same run cover PostgreSQL.
set -euo pipefail
flags=(-json -vet=off -timeout 10m)
if [ "$MODE" = all ]; then
    flags+=(-count=1)
    if command -v "$(go env CC)" >/dev/null; then
        export CGO_ENABLED=1
        flags+=(-race)
    else
        echo "skip the race detector (needs a C compiler)" >>"$RESULTS"
    fi
fi
if [ -s "${CODES:-}" ]; then # what the step "codes" made
    export SALLYPORT_TEST_CODES=$CODES
fi
go build -o .cache/testreport ./scripts/testreport
go test "${flags[@]}" ./... 2>&1 | .cache/testreport -results "$RESULTS"
