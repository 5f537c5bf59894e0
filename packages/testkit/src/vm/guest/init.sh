#!/bin/busybox sh
# The first process: loads what the root needs, lays a writable layer over the host's files, and goes there.
set -e
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
for module in /modules/*.ko; do insmod "$module"; done

options=trans=virtio,version=9p2000.L,msize=512000
mount -t 9p -o "$options,ro,cache=loose" root /lower
mount -t tmpfs -o size=75% upper /upper
mkdir /upper/data /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work overlay /root

mount -t devtmpfs dev /root/dev
mount -t proc proc /root/proc
mount -t sysfs sys /root/sys
mount -t tmpfs run /root/run
mkdir /root/run/tsnctl-vm
mount -t 9p -o "$options,cache=none" share /root/run/tsnctl-vm
umount /proc /dev
exec switch_root /root /bin/sh /run/tsnctl-vm/start.sh
