#!/bin/sh
# Sallyport as the server of this machine runs it: with its configuration, and
# for root as its user, so that nothing in /var/lib/sallyport comes to belong to
# somebody else. Files on the command line are opened as that user too; the
# program itself is /usr/lib/sallyport/sallyport.
set -eu
config=/etc/sallyport/sallyport.toml
program=/usr/lib/sallyport/sallyport
if [ "$(id -u)" = 0 ]; then
    export SALLYPORT_CONFIG="${SALLYPORT_CONFIG:-$config}"
    export HOME=/var/lib/sallyport
    exec setpriv --reuid=sallyport --regid=sallyport --clear-groups --inh-caps=-all -- "$program" "$@"
fi
if [ -r "$config" ]; then
    export SALLYPORT_CONFIG="${SALLYPORT_CONFIG:-$config}"
fi
exec "$program" "$@"
