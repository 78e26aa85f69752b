# sockstated as an image: the program, the libraries that it is linked to, and nothing else.
#
#   docker build -t sockstated .
#   docker run --rm --network host --pid host --cap-drop ALL --cap-add SYS_PTRACE --cap-add DAC_READ_SEARCH \
#     --read-only sockstated snapshot
#
# docs/containers.md has more. `make image` builds the same without a registry: it puts what scripts/image-root.sh
# makes in the place of the first stage.
FROM swift:6.2-bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends make git pkg-config libmnl-dev libyaml-dev libcrypt-dev zlib1g-dev libcap2-bin \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN make release && scripts/image-root.sh "$(make -s binary)" /out

FROM scratch
COPY --from=build /out/ /
USER 65534:65534
EXPOSE 10793
# Read by Docker; Kubernetes has probes.
HEALTHCHECK CMD ["/usr/bin/sockstated", "check-health"]
ENTRYPOINT ["/usr/bin/sockstated"]
