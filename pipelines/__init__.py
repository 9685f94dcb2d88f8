"""How things run: partitions, jobs, schedules, sensors, the Dagster definitions and the command line."""

from pipelines.collecting import collect_rarely

collect_rarely()  # before the libraries of a run are imported: looking through them costs half of their time
