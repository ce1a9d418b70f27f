# go vet, the modules' checksums, and the one pair of versions that must match:
# modernc.org/sqlite is built against exactly one modernc.org/libc.
set -euo pipefail
go vet ./...
go mod verify
ours=$(go list -m -f '{{.Version}}' modernc.org/libc)
theirs=$(go mod graph | awk -v "sqlite=modernc.org/sqlite@$(go list -m -f '{{.Version}}' modernc.org/sqlite)" \
    '$1 == sqlite && $2 ~ /^modernc.org\/libc@/ { sub(/.*@/, "", $2); print $2 }')
if [ "$ours" != "$theirs" ]; then
    echo "modernc.org/libc is $ours, but modernc.org/sqlite was made for $theirs"
    exit 1
fi
