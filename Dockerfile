# SPDX-License-Identifier: Apache-2.0
# syntax=docker/dockerfile:1

# The compiler runs on the builder's own platform and crosses to the target's.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY cmd/ cmd/
COPY pkg/ pkg/
COPY deploy/ deploy/
ARG TARGETOS=linux TARGETARCH=amd64 VERSION=dev COMMIT=unknown
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.version=$VERSION -X main.commit=$COMMIT" -o /out/serin ./cmd/serin

# The roots are for Prometheus behind TLS; the API server's own come with the service account.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/serin /serin
USER 65532:65532
EXPOSE 8080 8081
ENTRYPOINT ["/serin"]
