# syntax=docker/dockerfile:1

# One image for the API (its default), the worker and the jobs in ops/: the command decides.
# Not Alpine: Temporal's native core needs glibc. Pin the digest of the base image in your registry.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# The client is no part of the server, and no package of the server needs its install script.
RUN npm ci --omit=dev --workspaces=false --ignore-scripts --no-audit --no-fund
# The native core comes for five platforms; this image is one of them.
RUN find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -rf {} +
# .dockerignore lets through what the server runs, and nothing else.
COPY . .
# Workers find the workflows built: they start at once and need no writable disk.
RUN node ops/bundle-workflows.ts

FROM node:24-bookworm-slim
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Leasehold" \
      org.opencontainers.image.description="A licence server that never locks out a paying user and never grants one seat too many" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production \
    API_HOST=0.0.0.0
WORKDIR /app
# Owned by root: the process cannot change its own code.
COPY --from=build /app ./
# By number: Kubernetes cannot tell of a name that it is not root. It is the user node of the base image.
USER 1000:1000
EXPOSE 8080 9464
# Node is process 1 and takes the signal itself; no shell and no init stand between.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "ops/check-health.ts", "live"]
CMD ["node", "api/main.ts"]
