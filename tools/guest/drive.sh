#!/bin/busybox sh
# drive [FOLDER]: have a CD-ROM drive of IDE, and its disc mounted there.
for module in $(cat /modules/drive); do insmod "/modules/$module" || echo "no $module"; done
left=200
until [ -b /dev/sr0 ] || [ $left = 0 ]; do
    left=$((left - 1))
    usleep 50000
done
[ "$1" ] || exit 0
mkdir "$1"
mount -t iso9660 -o ro /dev/sr0 "$1" || echo "guest: no disc"
