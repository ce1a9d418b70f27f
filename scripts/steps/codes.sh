# Codes from two independent generators, for the Go tests to agree with.
set -euo pipefail
need() {
    echo "not run: codes against oathtool and otplib (needs $1)"
    exit 77
}
command -v oathtool >/dev/null || need oathtool
command -v node >/dev/null || need nodejs
[ -d test/browser/node_modules ] || need "the npm packages of test/browser"
node test/browser/codes.mjs "$CODES"
