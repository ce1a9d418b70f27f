#!/usr/bin/env bash
# The Debian package and the RPM, into dist/ (or $DIST). The same source makes
# the same bytes: times are those of the last commit (SOURCE_DATE_EPOCH).
# VERSION sets another version than the source's, ARCH another GOARCH.
set -euo pipefail
cd "$(dirname "$0")/.."
dist=${DIST:-dist}
ARCH=${ARCH:-$(go env GOARCH)}
root=.cache/package/root
rm -rf "$root"
mkdir -p "$root/doc" "$root/deb" "$dist"

CGO_ENABLED=0 GOARCH=$ARCH go build -trimpath -buildvcs=false -ldflags '-s -w' -o "$root/sallyport" ./cmd/sallyport
here=$root/sallyport # one that runs on this machine, for what it says itself
if [ "$ARCH" != "$(go env GOHOSTARCH)" ]; then
    here=.cache/package/here
    CGO_ENABLED=0 GOARCH=$(go env GOHOSTARCH) go build -o "$here" ./cmd/sallyport
fi

# A commit that is the release has its version; before it, one that sorts before
# it, whatever the revision.
release=$("$here" version | awk '{ sub(/[+].*/, "", $2); print $2 }')
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
if [ -z "${VERSION:-}" ]; then
    VERSION=$release
    if [ "$(git describe --exact-match --tags 2>/dev/null)" != "v$release" ]; then
        VERSION=$release~$(date -u -d "@$epoch" +%Y%m%d%H%M%S).$(git rev-parse --short=12 HEAD 2>/dev/null || echo source)
    fi
fi

cp packaging/sallyport.sh packaging/sallyport.service packaging/sallyport.toml "$root"
"$here" man | gzip -9n >"$root/sallyport.1.gz"
for shell in bash zsh fish; do
    "$here" completion "$shell" >"$root/completion.$shell"
done
cp docs/production.md docs/config.md docs/backup.md docs/operator.md docs/forward-auth.md docs/threat-model.md "$root/doc"
cat >"$root/deb/copyright" <<TEXT
Copyright 2026 the authors of Sallyport

Licensed under the Apache License, Version 2.0. You have a copy of it in
/usr/share/common-licenses/Apache-2.0. NOTICE beside this file names the work of
others in the program.
TEXT
gzip -9n >"$root/deb/changelog.Debian.gz" <<TEXT
sallyport ($VERSION-1) unstable; urgency=medium

  * What changed is in CHANGELOG.md.gz beside this file.

 -- Sallyport <sallyport@sallyport.invalid>  $(LC_ALL=C date -u -R -d "@$epoch")
TEXT
cp NOTICE "$root/doc/NOTICE"
gzip -9n <CHANGELOG.md >"$root/doc/CHANGELOG.md.gz"
chmod -R u=rwX,go=rX "$root"
find "$root" -exec touch -h -d "@$epoch" {} +

export VERSION ARCH SOURCE_DATE_EPOCH=$epoch
for kind in deb rpm; do
    go tool -modfile=tools/go.mod nfpm package --config packaging/nfpm.yaml --packager "$kind" --target "$dist/"
done
