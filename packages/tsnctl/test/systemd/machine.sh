# A node for tsnctl to be installed on: a BPF file system, a runtime's list, an uplink.
make_machine() {
	mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
	mkdir -p /etc/cni/net.d
	echo '{"name":"x","cniVersion":"1.0.0","plugins":[{"type":"ptp"}]}' >/etc/cni/net.d/10-x.conflist
	ip link add eth0 type veth peer name far
	ip link set eth0 up
	ip link set far up
	ip addr add 192.0.2.1/24 dev eth0
	ip route add default via 192.0.2.2
}

# What an install touches, byte for byte.
files() {
	for path in /etc/systemd/system /etc/tsnctl /etc/cni /opt /usr/local/bin /usr/lib/cni /var/lib/tsnctl /run/tsnctl; do
		[ ! -e "$path" ] || find "$path" -printf '%p %y %m %U:%G %l\n'
	done | sort
	cat /etc/cni/net.d/*
}

# What is attached, by its pins.
pins() { find /sys/fs/bpf/tsnctl -path '*links/*' -printf '%f %i\n' | sort; }
