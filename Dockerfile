# The bridge as an image: one binary, a user of its own, one volume. The demo and the emulator are left out.
#
#   docker build -t scim-bridge .
#   docker run -p 8080:8080 -v scim-data:/data -v ./scim-bridge.toml:/etc/scim-bridge/scim-bridge.toml:ro \
#     -e GENESYS_CLIENT_SECRET scim-bridge

FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
RUN cargo build --profile dist --locked --no-default-features -p genesys-scim-bridge \
    && mkdir -p /out/data && cp target/dist/scim-bridge /out/

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin scim
COPY --from=build /out/scim-bridge /usr/local/bin/scim-bridge
COPY --from=build --chown=10001:10001 /out/data /data
ENV SCIM_BRIDGE_CONFIG=/etc/scim-bridge/scim-bridge.toml \
    SCIM_BRIDGE_DATA_DIR=/data \
    SCIM_BRIDGE_LISTEN=0.0.0.0:8080
VOLUME /data
EXPOSE 8080
USER 10001:10001
# A stop waits up to ten seconds for running changes; give it a little more (docker stop --time 15).
STOPSIGNAL SIGTERM
ENTRYPOINT ["scim-bridge"]
CMD ["serve"]
