# A few seconds of fuzzing for every fuzz target; each package is built once.
set -euo pipefail
seconds=${FUZZ_SECONDS:-2}
top=$PWD
mkdir -p .cache/fuzz
passed=0
failed=0
folders=$(git ls-files -co --exclude-standard '*_test.go' | xargs grep -l '^func Fuzz' 2>/dev/null | xargs -r -n 1 dirname | sort -u)
said=$top/.cache/fuzz/said
fuzz() {
    "$program" -test.run='^$' -test.fuzz="^$target\$" -test.fuzztime="${seconds}s" -test.parallel=2 \
        -test.timeout=2m -test.fuzzcachedir="$top/.cache/fuzz/corpus" 2>&1 | tee "$said"
}
# late: the run failed of its own end alone. On a busy machine the fuzzer now and
# then takes the end of its time for a failure; no input failed then.
late() { grep -q 'context deadline exceeded' "$said" && ! grep -q 'Failing input' "$said"; }
for folder in $folders; do
    program=$top/.cache/fuzz/${folder//\//-}.test
    go test -c -vet=off -fuzz=. -o "$program" "./$folder"
    cd "$folder" # seeds and findings are in testdata beside the test
    for target in $("$program" -test.list '^Fuzz'); do
        echo "== $folder $target"
        if fuzz || { late && fuzz; } || { late && fuzz; }; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
        fi
    done
    cd "$top"
done
printf 'pass %d\nfail %d\n' "$passed" "$failed" >>"$RESULTS"
echo "tests: $passed passed, $failed failed"
[ "$failed" = 0 ]
