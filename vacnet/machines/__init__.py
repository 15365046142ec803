"""The life of one machine: spec, life-cycle table, directory, features, user_data, Runtime protocol."""
