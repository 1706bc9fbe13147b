# The twin as a service: docker build -t storage-twin . && docker run -p 8000:8000 storage-twin
FROM python:3.12-slim AS build
WORKDIR /src
RUN python -m venv /opt/twin
COPY requirements.lock ./
RUN /opt/twin/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY twin twin
COPY api api
COPY scenarios scenarios
# The build tool comes from the lock as well: nothing is fetched that has no hash.
RUN /opt/twin/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --create-home twin \
    && mkdir -p /state /init \
    && chown twin:twin /state
COPY --from=build /opt/twin /opt/twin
ENV PATH=/opt/twin/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    TWIN_HOST=0.0.0.0 \
    TWIN_PORT=8000 \
    TWIN_STATE=/state \
    TWIN_INIT=/init \
    TWIN_LOG_FORMAT=json
USER twin
VOLUME ["/state"]
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['TWIN_PORT'] + '/_twin/ready', timeout=2)"]
ENTRYPOINT ["twin"]
CMD ["serve"]
