# geulnun in a container: the server by default, or the command line.
#
#   docker build -t geulnun .
#   key=$(openssl rand -hex 24)
#   docker run --rm -p 8000:8000 -e GEULNUN_API_KEYS=me=$key geulnun
#   docker run --rm -v "$PWD:/work" -w /work geulnun geulnun read scan.pdf
#
# For other processors: docker buildx build --platform linux/amd64,linux/arm64 .

FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /app \
 && /app/bin/pip install --no-cache-dir --no-compile -c constraints.txt '.[server,pdf,office]' \
 && /app/bin/pip uninstall --yes pip \
 && find /app -name tests -path '*/numpy/*' -prune -exec rm -r {} + \
 # Compiles what a server imports, and no more: it starts three times as fast, and the image stays small.
 && /app/bin/python -c "import geulnun.cli.serve, geulnun.server.run, onnxruntime, pypdfium2"

FROM python:3.13-slim
LABEL org.opencontainers.image.title="geulnun" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin geulnun \
 && mkdir --mode=700 /jobs && chown 10001:10001 /jobs
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# slim has no curl.
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=2)"]
# The port can be reached from outside, so that a key is needed: GEULNUN_API_KEYS, or --keys with a mounted file.
CMD ["geulnun", "serve", "--host", "0.0.0.0"]
