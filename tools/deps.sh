#!/bin/sh
# Install the Debian packages that are missing: deps.sh build|check ...; silent when nothing is.
set -eu

build='gcc libc6-dev make pkg-config libcfitsio-dev libgsl-dev libyaml-dev liberfa-dev libexpat1-dev nettle-dev zlib1g-dev wcslib-dev libfftw3-dev
libbz2-dev gnuplot-nox'
check='git bats bats-support bats-assert bats-file mandoc shellcheck jq fitsverify'

command -v dpkg-query >/dev/null || exit 0      # not Debian: make names the libraries it does not find

wanted=
for set in "$@"; do
    case $set in
    build) wanted="$wanted $build" ;;
    check) wanted="$wanted $check" ;;
    *) echo "deps.sh: unknown set '$set' (build, check)" >&2; exit 2 ;;
    esac
done

missing=
for package in $wanted; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "missing Debian packages:$missing"
as_root='env'
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "neither root nor sudo; as root, type: apt-get update && apt-get install -y --no-install-recommends$missing" >&2
        exit 1
    fi
    as_root='sudo env'
fi
# $as_root and $missing are lists of words
# shellcheck disable=SC2086
{
    $as_root DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 update
    $as_root DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install -y \
        --no-install-recommends $missing >/dev/null
}
