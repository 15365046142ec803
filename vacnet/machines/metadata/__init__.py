"""What a virtual machine is told over HTTP, and what it may leave: EC2, OpenStack, NoCloud, MJF, joboutputs.

A virtual machine shares no file with its host, so what containers get as binds it gets from a web server at
two addresses of its own network: 169.254.169.254, where cloud images look for user_data and metadata, and
169.254.169.253, where Vac served machine features, job features and joboutputs. Both are the same service
here, so every path is answered at both.

Who is who: a machine is known by its source address, which the engine's network holds to its MAC, or by the
port it comes in at and its uuid, where a network shows us no addresses (user-mode networking). It gets its
own values and no others; no path leads to another machine's.

The seam: an engine that makes virtual machines is given a `Service`. It calls `listen` for the shared
address of its network, `admit` for each machine before that starts (and for each that it finds after a
restart), or `open_door` for a machine that needs a port of its own, and `dismiss` when a machine is
forgotten; `seed` makes the disk of one that does not ask. The values come from the machine's directory at
the moment of the question, so a lowered deadline is told without anybody's help; what it PUTs lands in its
joboutputs, where heartbeat, proof and shutdown_message are looked for as for a container.

Rooms: `router.respond` (pure: request and machine to answer) over one table of paths; `ec2`, `openstack`,
`nocloud`, `features` make the pages; `outputs` takes files in; `seed` puts NoCloud's on a disk for a machine
that cannot ask. `factory.metadata_server` puts it on sockets.

Sources: AWS, "Instance metadata and user data" (IMDSv1, IMDSv2); OpenStack Nova, "Metadata service";
cloud-init, "NoCloud"; HSF-TN-2016-02 and HSF-TN-2016-04; Vac 3.
"""
