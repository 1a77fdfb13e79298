"""The dashboard: what the service does, shown to a browser and to Prometheus. It reads what is durable; what it keeps is made from that.

    journal_index  the journal, read on as it grows: counts, recent files, headlines
    search_index   headlines and bodies of all records, in a file that a thread keeps up to date; search asks it, search_terms are its words
    snapshot       what lies in the spool now, read once a second at most
    explainer      explains kept sources, each in a sandboxed child of its own
    security       the host allow-list and the security headers
    pages          what each page shows, with record_pages and quarantine_pages; metrics: the same facts for Prometheus
    state          what responses are made from
    app            the routes, with record_routes and quarantine_routes

So it can be killed and started at any time, several can run, and what they count survives all of them.
"""
