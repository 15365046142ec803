"""The engines: each implements `vacnet.machines.runtime.Runtime`."""
