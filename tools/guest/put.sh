#!/bin/busybox sh
# put NAME: stdin into the file NAME of the machine's joboutputs; says the server's answer. wget has no PUT.
cat >/tmp/put.$$
place=${base#http://}
port=${place#*:}
[ "$port" = "$place" ] && port=80
{
    printf 'PUT /joboutputs/%s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n' \
        "$1" "$place" "$(wc -c </tmp/put.$$)"
    cat /tmp/put.$$
} | nc "${place%%:*}" "$port" | head -n 1
rm /tmp/put.$$
