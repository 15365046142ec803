#!/bin/busybox sh
# What udhcpc calls when it has an address.
[ "$1" = bound ] || exit 0
ip addr flush dev "$interface"
ip addr add "$ip/$mask" dev "$interface"
for gateway in $router; do ip route add default via "$gateway" dev "$interface"; done
echo "guest: address $ip"
