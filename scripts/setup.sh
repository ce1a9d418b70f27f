#!/usr/bin/env bash
# Brings the machine as far as it can: on Debian as root it installs what the
# tests need, elsewhere it only says what is missing. The steps themselves look
# again at what they need, so a machine without all of it still tests the rest.
set -euo pipefail
cd "$(dirname "$0")/.."

# command (or a file), Debian package, what it is for
needs='
gcc          gcc            the race detector
/usr/include/stdlib.h libc6-dev the race detector
chromium     chromium       the browser journeys
node         nodejs         the browser journeys
npm          npm            the browser journeys
oathtool     oathtool       codes made by an independent generator
zbarimg      zbar-tools     QR codes read by an independent reader
/usr/lib/postgresql postgresql the store on PostgreSQL
/usr/lib/python3/dist-packages/openpyxl python3-openpyxl reports read by an independent reader, spreadsheets by an independent writer
soffice      libreoffice-calc-nogui spreadsheets written by LibreOffice
mkpasswd     whois          password hashes made by another program
htpasswd     apache2-utils  password hashes made by another program
openssl      openssl        password hashes made by another program
/usr/lib/python3/dist-packages/passlib python3-passlib password hashes made by another program
/usr/lib/python3/dist-packages/bcrypt python3-bcrypt password hashes made by another program
/usr/lib/python3/dist-packages/argon2 python3-argon2 password hashes made by another program
/usr/lib/python3/dist-packages/django python3-django password hashes made by another program
/usr/lib/python3/dist-packages/werkzeug python3-werkzeug password hashes made by another program
nginx        nginx          forward-auth behind a real proxy
caddy        caddy          forward-auth behind a real proxy
/usr/sbin/exim4 exim4-daemon-light mail to a real mail server
rpm          rpm            the RPM installed and removed
systemd-analyze systemd     the unit judged by systemd
'

there() {
    case $1 in
        /*) [ -e "$1" ] ;;
        *) PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null ;;
    esac
}

missing=()
while read -r thing package purpose; do
    [ -n "$thing" ] || continue
    there "$thing" || missing+=("$package")
done <<<"$needs"

if [ ${#missing[@]} -gt 0 ]; then
    if [ -f /etc/debian_version ] && [ "$(id -u)" = 0 ] && there apt-get; then
        echo "installing ${missing[*]}"
        export DEBIAN_FRONTEND=noninteractive
        # A web server that comes as a package would start itself; ours are started by the tests.
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            printf '#!/bin/sh\nexit 101\n' >"$policy"
            chmod +x "$policy"
            trap 'rm -f "$policy"' EXIT
        fi
        apt-get update -qq || echo "the list of packages could not be brought up to date"
        for package in "${missing[@]}"; do # one by one: what is not there leaves the rest alone
            apt-get install -qq -y --no-install-recommends "$package" || echo "could not install $package"
        done
    else
        echo "missing: ${missing[*]} (installed by itself only on Debian as root)"
    fi
fi

if there npm; then
    stamp=test/browser/node_modules/.package-lock.json
    if [ ! -e "$stamp" ] || [ test/browser/package-lock.json -nt "$stamp" ]; then
        # Packages only: no engines are downloaded and no package runs a script.
        (cd test/browser && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --ignore-scripts) ||
            echo "the npm packages could not be installed"
    fi
fi
