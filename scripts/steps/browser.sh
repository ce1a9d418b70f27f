# The journeys in a real browser against the real program.
set -euo pipefail
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
need() {
    echo "not run: browser (needs $1)"
    exit 77
}
[ -n "$chromium" ] || need chromium
command -v node >/dev/null || need nodejs
[ -d test/browser/node_modules ] || need "the npm packages of test/browser"
command -v oathtool >/dev/null || need oathtool
command -v zbarimg >/dev/null || need zbar-tools
[ -x bin/sallyport ] || need "a built bin/sallyport"
bin/sallyport demo --help >/dev/null 2>&1 || need "the demo of bin/sallyport"
CHROMIUM=$chromium timeout 1800 node test/browser/run.mjs
