#!/bin/busybox sh
# The first program of a guest that has Debian's cloud-init: its files from the disc, its network, cloud-init, off.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules/order); do insmod "/modules/$module" || echo "no $module"; done

mkdir /disc /over /new
mount -t iso9660 -o ro /dev/vda /disc
mount -t tmpfs none /over
mkdir /over/upper /over/work
mount -t overlay -o lowerdir=/disc/root,upperdir=/over/upper,workdir=/over/work none /new
ip link set lo up
if [ -e /sys/class/net/eth0 ]; then
    ip link set eth0 up
    udhcpc -i eth0 -n -q -t 20 -T 1 -s /bin/dhcp
fi
# Where no serial number leads elsewhere there is a seed disk.
grep -q http /sys/class/dmi/id/product_serial || { seed=yes && drive; }
cd /new || exit 1
cp /bin/busybox bin/busybox
for name in $(/bin/busybox --list); do [ -e "bin/$name" ] || ln -s busybox "bin/$name"; done
for place in dev proc sys; do mount --move "/$place" "$place"; done
mount -t tmpfs none run
echo "guest: up after $(cut -d' ' -f1 proc/uptime) s"
cloud_init() {
    PATH=/usr/sbin:/usr/bin /bin/busybox chroot . /usr/bin/cloud-init "$@"
}
# The local stage has only that to find; without one it is left out.
[ "$seed" ] && cloud_init init --local
cloud_init init
cloud_init modules --mode config
cloud_init modules --mode final
echo "guest: off after $(cut -d' ' -f1 proc/uptime) s"
poweroff -f
