#!/usr/bin/env bash
# nginx 1.22.1 (Debian 12: 1.22.1-9+deb12u11), proxy_pass with its default buffering.
#
# Expected: an upstream may answer 401 while the body still arrives, and close, as
#   RFC 9112, section 9.5 allows; the client gets the 401 that nginx was sent first.
# Found: mostly 502, whenever nginx writes on and meets the reset before it has read.
#   If the upstream reads on before it closes (section 9.6), it is 401 each time.
# Why it matters: a client with an expired token must see 401 to get a new one. Grapnel
#   reads on.
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
import net from "node:net";
import { writeFileSync } from "node:fs";
const free = () => new Promise((ok) => { const s = http.createServer().listen(0, "127.0.0.1", () => { const { port } = s.address(); s.close(() => ok(port)); }); });
const server = net.createServer((socket) => {
  socket.on("error", () => {});
  socket.once("data", (head) => {
    socket.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n");
    if (head.includes("/reads-on")) { // until the proxy closes
      socket.on("data", () => {});
      return;
    }
    socket.pause();
    setTimeout(() => socket.destroy(), 5);
  });
});
server.listen(0, "127.0.0.1", async () => writeFileSync("ports", `${server.address().port} ${await free()}\n`));
setTimeout(() => process.exit(), 60000);
JS
node origin.mjs &
timeout 10 sh -c 'until [ -s ports ]; do sleep 0.1; done'
read -r origin port <ports
cat >nginx.conf <<CONF
user root; daemon off; pid $dir/pid; error_log /dev/null; events {}
http {
  access_log off; client_max_body_size 0;
  client_body_temp_path $dir/1; proxy_temp_path $dir/2; fastcgi_temp_path $dir/3; uwsgi_temp_path $dir/4; scgi_temp_path $dir/5;
  server { listen 127.0.0.1:$port; location / { proxy_pass http://127.0.0.1:$origin; } }
}
CONF
usr/sbin/nginx -e stderr -p "$dir" -c "$dir/nginx.conf" &
timeout 10 sh -c "until curl -s -o /dev/null 127.0.0.1:$port/reads-on; do sleep 0.1; done"

head -c 8M /dev/zero >body
tries() { for _ in $(seq 20); do curl -s -m 10 -o /dev/null -w '%{http_code}\n' -H Expect: --data-binary @body "127.0.0.1:$port/$1"; done | sort | uniq -c | tr -s ' \n' ' '; }
closes=$(tries closes)
on=$(tries reads-on)
echo "20 tries of 8 MiB, the upstream closes:  $closes(count status)"
echo "20 tries of 8 MiB, the upstream reads on:$on(count status)"
[[ $closes == *' 502'* && $on == ' 20 401 ' ]]
