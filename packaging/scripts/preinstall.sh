#!/bin/sh
# Before the files come: the user that some of them belong to.
set -e
if ! getent passwd sallyport >/dev/null; then
    useradd --system --user-group --home-dir /var/lib/sallyport --no-create-home \
        --shell /usr/sbin/nologin --comment "Sallyport sign-in server" sallyport
fi
