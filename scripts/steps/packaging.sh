# The packages and the image: made twice to the same bytes, installed, signed
# into, upgraded and removed, on copies of this machine's disk in memory.
set -euo pipefail
need() {
    echo "not run: packages (needs $1)"
    exit 77
}
[ "$(uname -s)" = Linux ] || need Linux
[ "$(id -u)" = 0 ] || need root
for program in unshare apt-get rpm systemd-analyze setpriv; do
    command -v "$program" >/dev/null || need "$program"
done
top=$PWD/.cache/packaging
rm -rf "$top"
mkdir -p "$top/roots" "$top/again"
unshare --mount sh -c "mkdir $top/a $top/b && mount -t tmpfs tmpfs $top/a && mkdir $top/a/u $top/a/w &&
    mount -t overlay overlay -o lowerdir=/,upperdir=$top/a/u,workdir=$top/a/w $top/b" || need "mounts of overlay"

DIST=$top/dist VERSION=0.0.9 scripts/package.sh
DIST=$top/dist scripts/package.sh
DIST=$top/again scripts/package.sh
for file in "$top"/again/*; do
    cmp "$file" "$top/dist/${file##*/}"
done
go vet -tags packaging ./test/packaging
go tool -modfile=tools/go.mod staticcheck -tags packaging ./test/packaging
go build -o .cache/testreport ./scripts/testreport
export SALLYPORT_TEST_ROOTS=$top/roots SALLYPORT_TEST_PACKAGES=$top/dist SALLYPORT_TEST_BINARY=$PWD/.cache/package/root/sallyport
# What is mounted in there is gone with the process.
unshare --mount --propagation private -- go test -json -vet=off -count=1 -tags packaging -timeout 10m ./test/packaging 2>&1 |
    .cache/testreport -results "$RESULTS"
