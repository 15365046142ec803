"""Virtual machines by libvirt and QEMU: models `vm-raw`, `cernvm3`, `cernvm4` and `vm`.

A machine is a *persistent* domain: libvirt keeps it after its end, with how it ended, until the record has
that and `forget` removes it. (Vac's domains were transient: an end while nobody looked left nothing.) It is
ours only by the element that `labels` puts into its metadata; a domain without it, or with another factory's
name in it, is never touched. LVM is not supported: disks are files in the machine's directory, sparse, and
gone with it.

Rooms: `plan` is all that a domain is made of, `domain` writes it as XML, `disks` makes its files, `network`
the factory's own bridge; `client` asks libvirt in worker threads, `events` hears it; `look` and `seen` say
what is there, `ending` ends it, `making` begins it, `runtime` wires them.

Only `binding` imports libvirt's Python library, when it is first needed: a factory without virtual machines
needs neither the library nor libvirt.

Sources: libvirt, "Domain XML format", "Network XML format"; Vac 3 sections D and F (names, addresses, disks).
"""
