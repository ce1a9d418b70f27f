# The program itself, as it is shipped: static, without cgo.
set -euo pipefail
if [ ! -d cmd/sallyport ]; then
    echo "not run: build (needs cmd/sallyport)"
    exit 77
fi
make --no-print-directory build
bin/sallyport version
