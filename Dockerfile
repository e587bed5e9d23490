# SPDX-License-Identifier: Apache-2.0
# syntax=docker/dockerfile:1

# The compiler runs on the builder's own platform and crosses to the target's, so
# that nothing is emulated. Its version is that of go.mod's toolchain. Nothing of this
# stage but the program gets into the image.
FROM --platform=$BUILDPLATFORM golang:1.26.8 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY cmd/ cmd/
COPY pkg/ pkg/
COPY deploy/ deploy/
ARG TARGETOS=linux TARGETARCH=amd64 VERSION=dev COMMIT=unknown
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION -X main.commit=$COMMIT" -o /out/serin ./cmd/serin

# The authorities that vouch for Prometheus behind TLS are in the program (golang.org/x/crypto/x509roots),
# for where the image has none; the API server's own come with the service account.
FROM scratch
# The builder takes the time of what it makes from SOURCE_DATE_EPOCH, if that is given.
ARG VERSION=dev COMMIT=unknown SOURCE_DATE_EPOCH
LABEL org.opencontainers.image.title="serin" \
      org.opencontainers.image.description="Progressive delivery for plain Deployments, by annotation" \
      org.opencontainers.image.url="https://github.com/serin-dev/serin" \
      org.opencontainers.image.source="https://github.com/serin-dev/serin" \
      org.opencontainers.image.documentation="https://github.com/serin-dev/serin/tree/main/docs" \
      org.opencontainers.image.vendor="The Serin authors" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$COMMIT"
COPY --from=build /out/serin /serin
USER 65532:65532
EXPOSE 8080 8081
ENTRYPOINT ["/serin"]
