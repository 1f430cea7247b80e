# Phaselift's command line, with the client tools of PostgreSQL 15 to 18.
#
#   docker build --tag phaselift .
#   docker run --rm --env-file app.env phaselift --backup --database app
#
# dist/ is taken as the repository has it. Nothing in here runs as root, no shell is needed to run it, and nothing is written but
# what the inputs say (give /tmp room where the root file system is read-only).
#
# BASE: Debian with Node.js. Client tools that it has already are taken; the others come from PostgreSQL's own repository, whose key
# Debian's package has.
ARG BASE=node:24-trixie-slim
FROM ${BASE}

ARG PG_MAJORS="15 16 17 18"
RUN set -eu; \
    missing=; \
    for major in $PG_MAJORS; do \
      test -x "/usr/lib/postgresql/$major/bin/pg_dump" || missing="$missing postgresql-client-$major"; \
    done; \
    if [ -n "$missing" ]; then \
      apt-get update -qq; \
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ca-certificates postgresql-common; \
      /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y; \
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; \
      rm -rf /var/lib/apt/lists/*; \
    fi

COPY LICENSE package.json /opt/phaselift/
COPY dist/cli.js dist/cli-licenses.txt dist/package.json /opt/phaselift/dist/

LABEL org.opencontainers.image.source="https://github.com/phaselift/phaselift" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.description="Back up single PostgreSQL databases to S3 and restore them in four phases"

# A number, so that Kubernetes sees that it is not root.
USER 10001:10001
ENV HOME=/tmp
WORKDIR /tmp
ENTRYPOINT ["node", "/opt/phaselift/dist/cli.js"]
CMD ["--help"]
