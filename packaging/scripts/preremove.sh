#!/bin/sh
# Before the files go. deb: remove, or upgrade NEW VERSION; rpm: how many stay.
# At an upgrade the server goes on until the new version is there.
set -e
case "$1" in
remove | 0)
    if [ -d /run/systemd/system ]; then
        systemctl disable --now sallyport.service || true # it may be masked, or never enabled
    fi
    ;;
esac
