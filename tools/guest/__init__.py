"""A guest that boots in seconds without hardware virtualisation: Debian's cloud kernel, busybox, one script.

It stands for what sites run as virtual machines: it boots from a CD-ROM or a disk by a real boot loader, asks
DHCP for its address, gets its user_data over HTTP, runs it, and powers off. One file is both kinds of image
(an ISO whose first sectors are a disk's too). `build` makes it of Debian's packages in about ten seconds.
"""
