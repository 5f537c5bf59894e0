#!/bin/sh
# Makes NAME.hex of each NAME.bpf.c; its first line is the command that compiled it.
set -eu
cd "$(dirname "$0")"
for source in *.bpf.c; do
	name=${source%.bpf.c}
	compile="clang-16 -target bpf -mcpu=v3 -O2 -g -I/usr/include/x86_64-linux-gnu -c $source -o /tmp/$name.bpf.o"
	$compile "-ffile-prefix-map=$PWD=."
	llvm-strip-16 -g "/tmp/$name.bpf.o"
	{ echo "# $compile && llvm-strip-16 -g /tmp/$name.bpf.o"; od -An -v -tx1 -w40 "/tmp/$name.bpf.o" | tr -d ' '; } >"$name.hex"
	rm "/tmp/$name.bpf.o"
done
