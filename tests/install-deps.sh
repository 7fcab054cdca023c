#!/bin/sh
# Installs those of the Debian packages given that are missing. Asks for nothing where none is.
if ! command -v dpkg-query >/dev/null; then
    echo "this is no Debian: make sure that what these packages hold is there: $*"
    exit 0
fi
missing=
for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0
sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
echo "installing$missing"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get -q update >/dev/null && $sudo apt-get -q install -y --no-install-recommends $missing >/dev/null
