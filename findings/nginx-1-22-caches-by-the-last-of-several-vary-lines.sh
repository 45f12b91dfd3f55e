#!/usr/bin/env bash
# nginx 1.22.1 (Debian 12: 1.22.1-9+deb12u11), proxy_cache.
#
# Expected: several Vary lines mean the same as one with commas between (RFC 9110,
#   section 5.3), so an answer with "Vary: Origin" and "Vary: Accept-Language" is kept
#   apart for each Origin.
# Found: only the last line counts. The second origin gets the answer of the first.
# Why it matters: an answer for one origin of CORS is given to another, whose browser
#   refuses it. nginx 1.23.0 mends it. Grapnel sends one line.
# Seen on 28 November 2026. Needs Debian 12, apt-get, Node. Exits 1 if it has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"
chmod 755 .
apt-get download -qq nginx=1.22.1-9+deb12u11 >/dev/null 2>&1
dpkg -x nginx_*.deb .

cat >origin.mjs <<'JS'
import http from "node:http";
import { writeFileSync } from "node:fs";
const free = () => new Promise((ok) => { const s = http.createServer().listen(0, "127.0.0.1", () => { const { port } = s.address(); s.close(() => ok(port)); }); });
const server = http.createServer((req, res) => {
  res.writeHead(200, [["Cache-Control", "max-age=60"], ["Vary", "Origin"], ["Vary", "Accept-Language"]].flat());
  res.end(`for ${req.headers.origin ?? "nobody"}`);
});
server.listen(0, "127.0.0.1", async () => writeFileSync("ports", `${server.address().port} ${await free()}\n`));
setTimeout(() => process.exit(), 30000);
JS
node origin.mjs &
timeout 10 sh -c 'until [ -s ports ]; do sleep 0.1; done'
read -r origin port <ports
cat >nginx.conf <<CONF
user root; daemon off; pid $dir/pid; error_log stderr; events {}
http {
  access_log off; proxy_cache_path $dir/cache keys_zone=one:1m;
  client_body_temp_path $dir/1; proxy_temp_path $dir/2; fastcgi_temp_path $dir/3; uwsgi_temp_path $dir/4; scgi_temp_path $dir/5;
  server { listen 127.0.0.1:$port; location / { proxy_pass http://127.0.0.1:$origin; proxy_cache one; } }
}
CONF
usr/sbin/nginx -e stderr -p "$dir" -c "$dir/nginx.conf" &
timeout 10 sh -c "until curl -s -o /dev/null 127.0.0.1:$port/ready; do sleep 0.1; done"

a=$(curl -sS -m 5 -H 'Origin: https://a.example' "127.0.0.1:$port/")
b=$(curl -sS -m 5 -H 'Origin: https://b.example' "127.0.0.1:$port/")
echo "https://a.example got: $a"
echo "https://b.example got: $b"
[[ $a == 'for https://a.example' && $b == 'for https://a.example' ]]
