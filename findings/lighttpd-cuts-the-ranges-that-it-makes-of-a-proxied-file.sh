#!/usr/bin/env bash
# lighttpd 1.4.69 (Debian 12: 1.4.69-1), mod_proxy as it is by default.
#
# Expected: where the server behind answers 200 to a request with a range (RFC 9110,
#   section 14.2, allows it), lighttpd passes that on, or answers 206 with the bytes.
# Found: of what it does not keep in memory it makes a 206 of its own with the right
#   Content-Length, and sends less: with two ranges a few bytes, with one mostly a part.
# Why it matters: players and PDF readers ask so; they fail on files that are whole.
# Seen on 28 November 2026. Needs Debian 12, apt-get, Node. Exits 1 if it has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"
chmod 755 .
apt-get download -qq lighttpd=1.4.69-1 libnettle8 libxxhash0 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
libraries=$(find "$dir/usr/lib" -name 'lib*.so*' -printf '%h\n' | sort -u | paste -sd:)

cat >origin.mjs <<'JS'
import http from "node:http";
import { writeFileSync } from "node:fs";
const free = () => new Promise((ok) => { const s = http.createServer().listen(0, "127.0.0.1", () => { const { port } = s.address(); s.close(() => ok(port)); }); });
const file = Buffer.alloc(8 << 20, "x");
const server = http.createServer((req, res) => {
  res.writeHead(200, { "Content-Type": "video/mp4", "Content-Length": file.length, ETag: '"one"', "Accept-Ranges": "bytes" });
  res.end(file);
});
server.listen(0, "127.0.0.1", async () => writeFileSync("ports", `${server.address().port} ${await free()}\n`));
setTimeout(() => process.exit(), 60000);
JS
node origin.mjs &
timeout 10 sh -c 'until [ -s ports ]; do sleep 0.1; done'
read -r origin port <ports
cat >lighttpd.conf <<CONF
server.document-root = "$dir"
server.bind = "127.0.0.1"
server.port = $port
server.upload-dirs = ( "$dir" )
server.modules = ( "mod_proxy" )
proxy.server = ( "" => (( "host" => "127.0.0.1", "port" => $origin )) )
CONF
LD_LIBRARY_PATH=$libraries usr/sbin/lighttpd -D -m "$dir/usr/lib/lighttpd" -f lighttpd.conf 2>log &
timeout 10 bash -c "until (: </dev/tcp/127.0.0.1/$port) 2>/dev/null; do sleep 0.1; done" || { cat log; exit 1; }

ask() { curl -sS -m 5 -o body -w '%{http_code}, Content-Length %header{content-length}, received %{size_download}' -H "Range: bytes=$1" "127.0.0.1:$port/" 2>>log || true; }
one=$(ask 0-2999999)
two=$(ask 0-2999999,4000000-6999999)
echo "one range of 3,000,000 bytes: $one"
echo "two of them:                  $two"
[[ $two == 206* && $(sed 's/.*Length \([0-9]*\),.*/\1/' <<<"$two") -gt $(sed 's/.*received //' <<<"$two") ]]
