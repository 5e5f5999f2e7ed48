# syntax=docker/dockerfile:1
# "make image" builds the same image without a container engine.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG TARGETOS TARGETARCH
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags '-s -w' -o /seawall-webhook ./cmd/seawall-webhook && \
    go run ./hack/notices -output /licenses/THIRD-PARTY.txt -platforms "$TARGETOS/$TARGETARCH" ./cmd/seawall-webhook && \
    cp LICENSE /licenses/

FROM gcr.io/distroless/static:nonroot
COPY --from=build /seawall-webhook /seawall-webhook
COPY --from=build /licenses /licenses
USER 65532:65532
ENTRYPOINT ["/seawall-webhook"]
