# What a user does on a node with systemd: installs, looks, restarts, upgrades, takes it off again.
# Arguments: two bundles. It says what it sees; the test knows what that has to be.
set -eu
mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
mkdir -p /etc/cni/net.d
echo '{"name":"x","cniVersion":"1.0.0","plugins":[{"type":"ptp"}]}' >/etc/cni/net.d/10-x.conflist
ip link add eth0 type veth peer name far
ip link set eth0 up
ip link set far up
ip addr add 192.0.2.1/24 dev eth0
ip route add default via 192.0.2.2
unit=tsnctl-agent.service

say() { echo "$1: $2"; }
files() {
	for path in /etc/systemd/system /etc/tsnctl /etc/cni /opt /usr/local/bin /usr/lib/cni /var/lib/tsnctl /run/tsnctl; do
		[ ! -e "$path" ] || find "$path" -printf '%p %y %m %U:%G %l\n'
	done | sort
	cat /etc/cni/net.d/*
}
pins() { find /sys/fs/bpf/tsnctl -path '*links/*' -printf '%f %i\n' | sort; }
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
