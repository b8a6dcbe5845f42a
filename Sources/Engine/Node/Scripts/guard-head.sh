#!/bin/sh
# vfiofleet left this here before a reboot; /var/lib/vfiofleet/README tells what it is part of.
# shellcheck disable=SC2034 # what follows uses it
set -u
LC_ALL=C
PATH=${PATH:-}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
export LC_ALL PATH
umask 077
state=/var/lib/vfiofleet
flush() { sync -- "$@" 2>/dev/null || sync; }

