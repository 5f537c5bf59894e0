# The first process in the guest's root. Beside it in this directory is what it runs, and goes what comes back.
cd /run/tsnctl-vm || exit
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
while :; do : >heartbeat; sleep 2; done &

. ./settings.sh # TSNCTL_MODULES, TSNCTL_TERMINAL, TSNCTL_INIT
mkdir -p /dev/pts /dev/shm "/lib/modules/$(uname -r)"
mount -t devpts -o ptmxmode=666 devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
mount -t securityfs securityfs /sys/kernel/security
mount --bind "$TSNCTL_MODULES" "/lib/modules/$(uname -r)"
command -v modprobe >/proc/sys/kernel/modprobe
ip link set lo up
[ "$TSNCTL_INIT" != systemd ] || . ./systemd.sh

if [ -n "$TSNCTL_TERMINAL" ]; then
	setsid -c sh ./command.sh <"$TSNCTL_TERMINAL" >"$TSNCTL_TERMINAL" 2>&1
else
	sh ./command.sh </dev/null >stdout 2>stderr
fi
echo $? >exit
echo b >/proc/sysrq-trigger
sleep 60
