#!/usr/bin/env bash
# haproxy 2.6.12 (Debian 12: 2.6.12-1+deb12u4), HTTP/1.1 on both sides.
#
# Expected: an event of an event stream that the server has sent is passed on at once.
# Found: each waits for about 200 ms, for haproxy tells the kernel that more follows;
#   with "option http-no-delay" it takes a millisecond.
# Why it matters: what is live is late, and only the manual's text of that option says so.
# Seen on 28 November 2026. Needs Debian 12, apt-get, Node. Exits 1 if it has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"
chmod 755 .
apt-get download -qq haproxy=2.6.12-1+deb12u4 liblua5.3-0 libopentracing-c-wrapper0 libopentracing1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
libraries=$(find "$dir/usr/lib" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)

cat >events.mjs <<'JS'
import http from "node:http";
import { existsSync, writeFileSync } from "node:fs";
const free = () => new Promise((ok) => { const s = http.createServer().listen(0, "127.0.0.1", () => { const { port } = s.address(); s.close(() => ok(port)); }); });
const server = http.createServer((req, res) => {
  res.writeHead(200, { "Content-Type": "text/event-stream" });
  let n = 0;
  const timer = setInterval(() => {
    res.write(`data: ${Date.now()}\n\n`);
    if (++n === 12) { clearInterval(timer); res.end(); }
  }, 300);
});
setTimeout(() => process.exit(1), 60000);
server.listen(0, "127.0.0.1", async () => {
  const [plain, nodelay] = [await free(), await free()];
  writeFileSync("ports", `${server.address().port} ${plain} ${nodelay}\n`);
  while (!existsSync("ready")) await new Promise((ok) => setTimeout(ok, 50));
  const median = (port) => new Promise((ok, fail) => http.get({ host: "127.0.0.1", port }, (res) => {
    const late = [];
    res.on("data", (text) => late.push(Date.now() - Number(/data: (\d+)/.exec(text)[1])));
    res.on("end", () => ok(late.sort((a, b) => a - b)[late.length >> 1]));
  }).on("error", fail));
  const [without, withOption] = [await median(plain), await median(nodelay)];
  console.log(`an event is late by ${without} ms; with option http-no-delay by ${withOption} ms (medians of 12)`);
  process.exit(without > 100 && withOption < without / 2 ? 0 : 1);
});
JS
node events.mjs &
node=$!
timeout 10 sh -c 'until [ -s ports ]; do sleep 0.1; done'
read -r origin plain nodelay <ports
cat >haproxy.cfg <<CONF
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen plain
  bind 127.0.0.1:$plain
  server one 127.0.0.1:$origin
listen nodelay
  bind 127.0.0.1:$nodelay
  option http-no-delay
  server one 127.0.0.1:$origin
CONF
LD_LIBRARY_PATH=$libraries usr/sbin/haproxy -db -f haproxy.cfg >log 2>&1 &
timeout 10 bash -c "until (: </dev/tcp/127.0.0.1/$plain) 2>/dev/null; do sleep 0.1; done" || { cat log; exit 1; }
touch ready
wait $node
