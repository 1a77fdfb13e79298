"""The dashboard: what the service does, shown to a browser and to Prometheus. It reads what is durable and keeps nothing itself.

    journal_index  the journal, read on as it grows: counts, recent files, headlines
    snapshot       what lies in the spool now, read once a second at most
    explainer      explains kept sources, each in a sandboxed child of its own
    security       the host allow-list and the security headers
    pages          what each page shows; metrics: the same facts for Prometheus
    app            the routes

So it can be killed and started at any time, several can run, and what they count survives all of them.
"""
