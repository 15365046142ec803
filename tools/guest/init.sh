#!/bin/busybox sh
# The guest's first and only program: network, user_data, off.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules/order); do insmod "/modules/$module" || echo "no $module"; done

# A serial number may say where the metadata is; else it is on a seed disk.
serial=$(cat /sys/class/dmi/id/product_serial)
case $serial in
*s=http://*) base=${serial##*s=http://} base=http://${base%/} ;;
*) base=http://169.254.169.254 seed=/seed ;;
esac
export base serial seed
ip link set lo up
if [ -e /sys/class/net/eth0 ]; then
    ip link set eth0 up
    udhcpc -i eth0 -n -q -t 20 -T 1 -s /bin/dhcp
fi
if [ "$seed" ]; then
    drive $seed
    cp $seed/user-data /user_data
else
    hostname "$(get /latest/meta-data/local-hostname)"
    get /latest/user-data >/user_data || echo "guest: no user_data"
fi
echo "guest: up after $(cut -d' ' -f1 /proc/uptime) s, metadata at ${seed:-$base}"
chmod 755 /user_data
/user_data
echo "guest: off after $(cut -d' ' -f1 /proc/uptime) s"
poweroff -f
