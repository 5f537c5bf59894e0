# Goes on as systemd. The command is one of its units, and the machine goes off when that ends.
# It would empty the machine's, file by file.
mount -t tmpfs tmp /tmp
mkdir -p /run/systemd/system
cat >/run/systemd/system/tsnctl-vm.service <<'END'
[Unit]
Description=The command of this virtual machine
DefaultDependencies=no
[Service]
Type=oneshot
WorkingDirectory=/run/tsnctl-vm
ExecStart=/bin/sh -c 'sh ./command.sh </dev/null >stdout 2>stderr; echo $? >exit; echo b >/proc/sysrq-trigger; sleep 60'
END
# What the machine has enabled is not of interest here.
exec /lib/systemd/systemd --unit=tsnctl-vm.service --log-target=console
