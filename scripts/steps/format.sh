# Formatting: gofmt and the stricter gofumpt; shell files parse.
set -euo pipefail
bad=$(git ls-files -co --exclude-standard '*.go' | while read -r file; do [ ! -e "$file" ] || echo "$file"; done |
    xargs go tool -modfile=tools/go.mod gofumpt -l)
if [ -n "$bad" ]; then
    printf 'not formatted (make fmt):\n%s\n' "$bad"
    exit 1
fi
git ls-files -co --exclude-standard '*.sh' .ci/run | while read -r file; do
    bash -n "$file"
done
