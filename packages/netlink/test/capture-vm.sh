#!/bin/sh
# Make the golden files of virtual machines anew, in packages/netlink/testdata or $INTO:
#
#     packages/netlink/test/capture-vm.sh KERNEL [--newer DIR] [--only REGEX]
#
# In the guest nothing that is written stays, so what it made comes back on its standard output.
set -e
kernel=$1
shift
into=${INTO:-packages/netlink/testdata}
cd "$(dirname "$0")/../../.."
guest='node -C @tsnctl/source packages/netlink/test/capture.ts --out /tmp/golden "$@" >&2 && tar -cz -C /tmp/golden . | base64'
npm run -s vm -- "$kernel" --limit 600 -- sh -c "$guest" sh --kernel "$kernel" "$@" | base64 -d | tar -xz -C "$into"
