"""What people look at in a browser: the page of one article, the report on a run, the dashboard."""
