# Sallyport alone: the program, the authorities of the web, two folders and no
# shell. See docs/production.md; packaging/compose.yaml runs it with PostgreSQL.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w" -o /out/sallyport ./cmd/sallyport
RUN mkdir -p /out/data /out/key /out/tmp

# Time zones are in the program. /tmp is for large sorts of the embedded database.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/sallyport /usr/bin/sallyport
COPY --from=build --chown=65532:65532 --chmod=0700 /out/data /data
COPY --from=build --chown=65532:65532 --chmod=0700 /out/key /key
COPY --from=build --chown=65532:65532 --chmod=0700 /out/tmp /tmp
ENV PATH=/usr/bin
ENV SALLYPORT_DATA=/data/sallyport
ENV SALLYPORT_KEY_FILE=/key/master.key
USER 65532:65532
VOLUME ["/data", "/key"]
EXPOSE 8443
HEALTHCHECK --interval=15s --timeout=6s --start-period=60s --retries=3 CMD ["/usr/bin/sallyport", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/sallyport"]
CMD ["serve"]
