# Two stages: the first has what building needs, the second what running needs. All dependencies come as wheels: no compiler.
FROM python:3.13.9-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
# The dependencies first, around the package's face, which knows its version: a change of ours does not fetch them again.
COPY ingest/__init__.py ingest/__init__.py
RUN python -m venv /opt/ingest && \
    /opt/ingest/bin/pip install --no-cache-dir --constraint constraints.txt '.[desk]'
COPY ingest ingest
RUN /opt/ingest/bin/pip install --no-cache-dir --no-deps --force-reinstall .

FROM python:3.13.9-slim-bookworm
LABEL org.opencontainers.image.title="news-ingest" \
      org.opencontainers.image.description="Turns raw news files into clean records, and says why each line left" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/ingest /opt/ingest
COPY worker.py /app/worker.py
ENV PATH=/opt/ingest/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 INGEST_SPOOL=/spool INGEST_OUT=/out
WORKDIR /app
USER 10001:10001
ENTRYPOINT ["ingest"]
CMD ["up"]
