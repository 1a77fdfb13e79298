"""The desk: what the service does, shown to a browser and to Prometheus. It reads what is durable and keeps nothing itself.

    ledger     the journal, read on as it grows: counts, recent files, headlines
    sight      what lies in the spool now, looked at once a second at most
    warden     explains kept sources, each in a caged child of its own
    guard      who may ask, and what every answer forbids the browser
    views      the pages; metrics: the same facts for Prometheus
    app        which address leads where

So it can be killed and started at any time, several can run, and what they count survives all of them.
"""
