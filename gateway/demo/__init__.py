"""The demonstration: four cities on this machine, each a process with a store of its own."""
