"""Reports of counts that may be passed on: one page for each directorate, kabupaten and village."""
