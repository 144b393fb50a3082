"""Several folders of measurements, from other machines or shards, into one."""
