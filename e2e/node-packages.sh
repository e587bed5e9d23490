#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs what a lab with a node runs, where something of it is missing. No service is started: the lab has a containerd of its own.
set -euo pipefail

packages=(containerd runc containernetworking-plugins iptables iproute2 mount util-linux)

have() {
	local program dir
	for program in containerd containerd-shim-runc-v2 ctr runc iptables iptables-restore ip mount setpriv; do
		PATH="$PATH:/usr/sbin:/sbin" command -v "$program" >/dev/null || return 1
	done
	for dir in /usr/lib/cni /opt/cni/bin /usr/libexec/cni; do
		if [ -x "$dir/bridge" ] && [ -x "$dir/host-local" ] && [ -x "$dir/loopback" ]; then return 0; fi
	done
	return 1
}

if have; then
	echo "All that a node needs is installed."
	exit 0
fi
if ! command -v apt-get >/dev/null; then
	echo "This machine has no apt-get. Install containerd, runc, the CNI plugins (in /opt/cni/bin), iptables, iproute2 and util-linux." >&2
	exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "Installing packages takes root: run 'sudo $0'." >&2
	exit 1
fi

# Debian's packages ask this file whether they may start their services: 101 is no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	trap 'rm -f "$policy"' EXIT
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends "${packages[@]}"
have || { echo "Something is still missing after the installation: 'lab up --node' names it." >&2; exit 1; }
