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
RUN groupadd --gid 10001 twin \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin twin \
    && mkdir -p /state /init \
    && chown 10001:10001 /state \
    && chmod 700 /state
COPY --from=build /opt/twin /opt/twin
ENV PATH=/opt/twin/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TWIN_HOST=0.0.0.0 \
    TWIN_PORT=8000 \
    TWIN_STATE=/state \
    TWIN_INIT=/init \
    TWIN_LOG_FORMAT=json
# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
VOLUME ["/state"]
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-m", "api.healthcheck"]
ENTRYPOINT ["twin"]
CMD ["serve"]
