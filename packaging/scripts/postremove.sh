#!/bin/sh
# After the files went. deb: remove, purge, upgrade…; rpm: how many stay.
# The data, the master key and the user they belong to stay in every case: what
# a purge removes by mistake nobody could bring back, and without the key not
# even from a backup.
set -e
case "$1" in
remove | purge | 0)
    if [ -d /run/systemd/system ]; then
        systemctl daemon-reload || true
    fi
    if [ -e /var/lib/sallyport ]; then
        cat <<'TEXT'
Sallyport is removed. Its data and master key stay in /var/lib/sallyport, and
what you put into /etc/sallyport stays there. To delete them for good:
  rm -rf /var/lib/sallyport /var/log/sallyport /etc/sallyport && userdel sallyport
TEXT
    fi
    ;;
esac
