# Two stages: build with the "dist" profile, run with nothing but the binary and the C library.
# Certificates of authorities are compiled in, so the image needs none.

FROM rust:1.95-bookworm AS build
WORKDIR /build
# The dependencies alone first: they change seldom, and take longest. Cargo refuses a manifest that names a missing file, so
# each of its targets is there, empty.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src benches \
    && echo 'fn main() {}' > src/main.rs \
    && touch src/lib.rs benches/checklist.rs \
    && cargo build --locked --profile dist \
    && rm -r src
COPY migrations migrations
COPY templates templates
COPY src src
# Newer than what was built from the empty sources above.
RUN touch src/main.rs src/lib.rs \
    && cargo build --locked --profile dist \
    && mkdir /data

FROM gcr.io/distroless/cc-debian12:nonroot
# The address of the source, the version and the commit are those of the build: `docker build --label`.
LABEL org.opencontainers.image.title="Holdpoint" \
    org.opencontainers.image.description="Release checklists as code, for GitHub." \
    org.opencontainers.image.licenses="MIT"
COPY --from=build /build/target/dist/holdpoint /usr/local/bin/holdpoint
# A binary that this image's C library cannot load fails here, and not at its first start.
RUN ["holdpoint", "--version"]
# A volume that is empty takes its owner from here; one that a platform mounts must be writable for user 65532.
COPY --from=build --chown=65532:65532 /data /data
ENV HOLDPOINT_LISTEN=0.0.0.0:8080 \
    HOLDPOINT_DATABASE_URL=sqlite:///data/holdpoint.db
USER 65532:65532
VOLUME ["/data"]
EXPOSE 8080
STOPSIGNAL SIGTERM
# The process only: an outage of GitHub is no reason to restart.
HEALTHCHECK --interval=15s --timeout=5s --start-period=15s CMD ["holdpoint", "healthcheck"]
ENTRYPOINT ["holdpoint"]
CMD ["serve"]
