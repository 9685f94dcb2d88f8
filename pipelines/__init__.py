"""How things run: partitions, jobs, schedules, sensors, the Dagster definitions and the command line."""
