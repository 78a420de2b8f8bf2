# docker build --tag callboard .
FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        pkg-config libcurl4-openssl-dev libpq-dev libssl-dev libyaml-dev libmicrohttpd-dev libsimdjson-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Package.swift ./
COPY Sources Sources
# The manifest names the targets of tests, benchmarks and fuzzing; their folders must exist for it to load.
COPY Tests Tests
COPY Benchmarks Benchmarks
COPY Fuzz Fuzz
RUN swift build -c release --product callboard --static-swift-stdlib \
    && install -D -m 0755 "$(swift build -c release --static-swift-stdlib --show-bin-path)/callboard" /out/callboard \
    && strip /out/callboard \
    # The next stage installs libraries by name; what the program needs and is not there must stop the build here.
    && ldd /out/callboard

FROM debian:bookworm-slim
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        ca-certificates libcurl4 libmicrohttpd12 libpq5 libsimdjson14 libssl3 libstdc++6 libyaml-0-2 tini \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/callboard /usr/local/bin/callboard
RUN ! ldd /usr/local/bin/callboard | grep 'not found'
LABEL org.opencontainers.image.title="Callboard" \
      org.opencontainers.image.licenses="Apache-2.0"
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
EXPOSE 7007
# Process 1 inherits what exec plugins leave running, and must wait for it, or dead processes fill the table.
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/callboard"]
CMD ["serve", "--config", "/etc/callboard/app-config.yaml"]
