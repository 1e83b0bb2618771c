# One image for every part of the hotline that is ours: node, front, platform simulator.
FROM python:3.11-slim-bookworm AS build
# Set both where the package index is a mirror of your own.
ARG PIP_INDEX_URL
ARG PIP_TRUSTED_HOST
WORKDIR /src
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY adapters adapters
COPY asr asr
COPY flows flows
COPY ivr ivr
RUN python -m venv /opt/hotline \
 && /opt/hotline/bin/pip install --no-cache-dir --disable-pip-version-check \
    --constraint requirements.lock ".[postgres]"

FROM python:3.11-slim-bookworm
RUN apt-get update \
 && apt-get install --yes --no-install-recommends kamailio \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --home-dir /data --create-home hotline
COPY --from=build /opt/hotline /opt/hotline
COPY LICENSE /opt/hotline/
ENV PATH=/opt/hotline/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOTLINE_DATA_DIR=/data
USER hotline
WORKDIR /data
VOLUME /data
# SIGTERM: no new calls, and those going on are finished.
STOPSIGNAL SIGTERM
ENTRYPOINT []
CMD ["hotline", "serve"]
