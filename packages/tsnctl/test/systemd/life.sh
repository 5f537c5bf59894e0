# What a user does on a node with systemd: installs, looks, restarts, upgrades, takes it off again.
# Arguments: two bundles. It says what it sees; the test knows what that has to be.
set -eu
. "$(dirname "$0")/machine.sh"
make_machine
unit=tsnctl-agent.service

say() { echo "$1: $2"; }
field() { systemctl show -P "$1" $unit; }

before=$(files)
say first-process "$(cat /proc/1/comm)"
"$1/bin/tsnctl" install --conf-dir /etc/cni/net.d >/dev/null
say installed "$(tsnctl status --wait 60s | head -2 | tr -s ' ' | tr '\n' ',')"
say unit "$(field ActiveState) $(systemctl is-enabled $unit)"
say chain "$(grep -c tsnctl /etc/cni/net.d/10-x.conflist)"
say bounds "$(grep CapBnd "/proc/$(field MainPID)/status" | cut -f 2)"
say no-new-privileges "$(grep NoNewPrivs "/proc/$(field MainPID)/status" | cut -f 2)"
say socket "$(stat -c '%a %U' /run/tsnctl/agent.sock)"

attached=$(pins)
say uplinks "$(echo "$attached" | wc -l)"
systemctl stop $unit
[ "$(pins)" = "$attached" ] && say stopped 'what is attached stays attached'
systemctl start $unit
tsnctl status --wait 60s >/dev/null && say started well
kill -9 "$(field MainPID)"
sleep 2
tsnctl status --wait 60s >/dev/null && say killed 'systemd starts it again'
[ "$(pins)" = "$attached" ] && say adopted 'the same links'

"$2/bin/tsnctl" upgrade >/dev/null
tsnctl status --wait 60s >/dev/null && say upgraded "$(ls /opt/tsnctl | wc -l) $(readlink "/proc/$(field MainPID)/exe" | cut -d / -f 4 | cut -d + -f 2)"
[ "$(pins)" = "$attached" ] && say renewed 'the same links'

tsnctl uninstall >/dev/null
say removed "$(systemctl is-active $unit || true) $(find /sys/fs/bpf -mindepth 1 | wc -l)"
[ "$(files)" = "$before" ] && say files 'as before'
"$2/bin/tsnctl" uninstall
