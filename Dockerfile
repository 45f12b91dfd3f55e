# syntax=docker/dockerfile:1
#
# A static binary in an image with nothing else: no shell, no root. The pages are
# embedded and committed, so no Node is needed. Runs read-only and without
# capabilities; it writes to /data and /tmp.

FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags="-s -w" -o /out/grapnel . && mkdir -m 0700 /out/data

FROM gcr.io/distroless/static-debian12:nonroot
LABEL org.opencontainers.image.title="Grapnel" \
      org.opencontainers.image.description="GraphQL backend in one binary" \
      org.opencontainers.image.source="https://github.com/grapnel/grapnel" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY LICENSE /LICENSE
COPY --from=build /out/grapnel /grapnel
COPY --from=build --chown=65532:65532 /out/data /data
ENV GRAPNEL_PRODUCTION=true \
    PORT=8080 \
    GRAPNEL_DATA=/data
USER 65532:65532
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 CMD ["/grapnel", "healthcheck"]
ENTRYPOINT ["/grapnel"]
