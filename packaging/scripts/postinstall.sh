#!/bin/sh
# After the files came. deb: configure [OLD VERSION]; rpm: how many are installed.
set -e
case "$1" in
configure)
    if [ -z "$2" ]; then new=yes; else new=; fi ;;
1) new=yes ;;
[2-9]*) new= ;;
*) exit 0 ;; # a broken-off removal or upgrade of deb
esac

# The folder that the unit would make too, so that commands work before the first
# start. What is in it is never touched.
if [ ! -e /var/lib/sallyport ]; then
    install -d -m 0700 -o sallyport -g sallyport /var/lib/sallyport
fi

if [ -d /run/systemd/system ]; then
    systemctl daemon-reload || true # files are in place all the same
    # Nothing runs at the first installation: there is no address to serve yet.
    if [ -z "$new" ] && ! systemctl try-restart sallyport.service; then
        echo "sallyport: the new version did not start; see: journalctl -u sallyport" >&2
    fi
fi

if [ -n "$new" ] && [ ! -e /var/lib/sallyport/data.key ]; then
    cat <<'TEXT'

Sallyport is installed and does not run yet. Four steps:
  1. Set base_url, the certificate and the mail server in /etc/sallyport/sallyport.toml
  2. sallyport config check
  3. systemctl enable --now sallyport
  4. sallyport admin create
All of it, word by word: /usr/share/doc/sallyport/production.md

TEXT
fi
