"""A suite that uses what asv has: hooks, parameters, caches, skips, timers, every type."""
