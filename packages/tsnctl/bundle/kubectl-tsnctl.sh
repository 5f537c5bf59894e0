#!/bin/sh
# A plugin of kubectl: `kubectl tsnctl status` is `tsnctl status --cluster`.
TSNCTL_CLUSTER=1 exec "$(dirname "$(readlink -f "$0")")/tsnctl" "$@"
