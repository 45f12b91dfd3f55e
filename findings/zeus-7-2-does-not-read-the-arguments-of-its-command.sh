#!/usr/bin/env bash
# graphql-zeus 7.2.1, its command `zeus`, Node 20.
#
# Expected: `zeus schema.graphql out` writes a client of the schema to out/zeus, as its
#   manual says.
# Found: it asks for the schema all the same, and ends without a file where nobody
#   answers. Only a line ZEUS_SCHEMA of a file .env counts, and the client
#   goes to zeus/ whatever the second argument says.
# Why it matters: nothing that runs by itself, as a build does, can call it as told.
# Seen on 28 November 2026. Needs npm. Exits 1 if it has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund graphql-zeus@7.2.1 >/dev/null 2>&1
echo 'type Query { hello: String }' >schema.graphql

files() { find "$@" -name '*.ts' -not -path './node_modules/*' | sort | paste -sd' '; }

timeout 60 npx zeus schema.graphql out </dev/null >asked 2>&1 && code=0 || code=$?
given=$(files .)
echo "zeus schema.graphql out: exit code $code, asks: $(grep -c urlOrPath asked || true) time, writes: ${given:-nothing}"

echo 'ZEUS_SCHEMA=schema.graphql' >.env
timeout 60 npx zeus schema.graphql out </dev/null >/dev/null 2>&1
written=$(files .)
echo "the same with ZEUS_SCHEMA in .env: writes: $written"

[[ $code != 0 && -z $given && $written == './zeus/const.ts ./zeus/index.ts' ]]
