#!/bin/busybox sh
# put NAME: stdin into the file NAME of the machine's joboutputs; says the server's answer. wget has no PUT.
body=/tmp/put.$$ answer=/tmp/answer.$$
cat >$body
place=${base#http://}
host=${place%%/*}
port=${host#*:}
[ "$port" = "$host" ] && port=80
: >$answer
{
    printf 'PUT %s/joboutputs/%s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n' \
        "${place#"$host"}" "$1" "$host" "$(wc -c <$body)"
    cat $body
    # Who hangs up before the answer gets none: the end of stdin is an end of talking to nc.
    while [ ! -s $answer ]; do usleep 20000; done
} | nc "${host%%:*}" "$port" >$answer
head -n 1 $answer
rm $body $answer
