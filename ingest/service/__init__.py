"""The service around the core: a spool of files, workers, a journal, a broker if there is one."""
