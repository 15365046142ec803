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
ip link set eth0 up
udhcpc -i eth0 -n -q -t 20 -T 1 -s /bin/dhcp
cd /new || exit 1
cp /bin/busybox bin/busybox
for name in $(/bin/busybox --list); do [ -e "bin/$name" ] || ln -s busybox "bin/$name"; done
for place in dev proc sys; do mount --move "/$place" "$place"; done
mount -t tmpfs none run
echo "guest: up after $(cut -d' ' -f1 proc/uptime) s"
# The local stage is left out: all that it could find is on this disc.
for stage in init "modules --mode config" "modules --mode final"; do
    PATH=/usr/sbin:/usr/bin /bin/busybox chroot . /usr/bin/cloud-init $stage
done
echo "guest: off after $(cut -d' ' -f1 proc/uptime) s"
poweroff -f
