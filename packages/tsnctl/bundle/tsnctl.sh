#!/bin/sh
# Starts tsnctl with the Node that lies beside it, or else with the one of the PATH; as kubectl-tsnctl kubectl's plugin.
here=$(dirname "$(readlink -f "$0")")
main=$here/../lib/main.js
case ${0##*/} in
kubectl-*) main=$here/../lib/kubectl.js ;;
esac
flags=--disable-warning=ExperimentalWarning
# The agent stays: it is to take little memory, and to clear away what it has used without other threads and without
# V8's own cleaning of an idle heap, which takes as long as all the rest of its work. It cleans up by itself.
if [ "${1-}" = agent ]; then
	flags="$flags --max-semi-space-size=4 --single-threaded-gc --no-memory-reducer --expose-gc"
	export MALLOC_ARENA_MAX=1
fi
if [ -x "$here/node" ]; then
	exec "$here/node" $flags "$main" "$@"
fi
node=$(command -v node) || {
	echo "tsnctl: there is no Node. Try: install Node 24 or newer, or put its program at $here/node" >&2
	exit 4
}
case $("$node" --version) in
v2[4-9].* | v[3-9][0-9].*) exec "$node" $flags "$main" "$@" ;;
esac
echo "tsnctl: $node is $("$node" --version), older than Node 24. Try: put the program of a newer one at $here/node" >&2
exit 4
