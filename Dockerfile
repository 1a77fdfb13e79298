# Two stages: one to build, one to run. All dependencies come as wheels, so no compiler is needed.
FROM python:3.13.9-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
# Which extras the image has: docker-compose build --build-arg EXTRAS=dashboard,sinks
ARG EXTRAS=dashboard
# Dependencies first, with only ingest/_version.py: a change of the code does not install them again.
COPY ingest/_version.py ingest/_version.py
RUN python -m venv /opt/ingest && \
    /opt/ingest/bin/pip install --no-cache-dir --constraint constraints.txt ".[$EXTRAS]"
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
