#!/usr/bin/env bash
# Apache 2.4.71 (Debian 12: 2.4.71-1~deb12u1), mod_http2 and mod_proxy_http.
#
# Expected: a connection that announces 100 concurrent streams runs ten requests at once.
# Found: six run, the others wait until one of them ends, however many workers there are.
# Why it matters: six event streams of one page block everything else of it, as with
#   HTTP/1.1, where the announcement promises otherwise.
# Seen on 28 November 2026. Needs Debian 12, apt-get, Node. Exits 1 if it has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"
chmod 755 .
apt-get download -qq apache2-bin=2.4.71-1~deb12u1 libapr1 libaprutil1 libnghttp2-14 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
libraries=$(find "$dir/usr/lib" -name 'lib*.so*' -printf '%h\n' | sort -u | paste -sd:)

cat >streams.mjs <<'JS'
import http from "node:http";
import http2 from "node:http2";
import { existsSync, writeFileSync } from "node:fs";
const free = () => new Promise((ok) => { const s = http.createServer().listen(0, "127.0.0.1", () => { const { port } = s.address(); s.close(() => ok(port)); }); });
const sleep = (ms) => new Promise((ok) => setTimeout(ok, ms));
const open = [];
const server = http.createServer((req, res) => { open.push(res); }); // and no answer yet
setTimeout(() => process.exit(1), 60000);
server.listen(0, "127.0.0.1", async () => {
  const port = await free();
  writeFileSync("ports", `${server.address().port} ${port}\n`);
  while (!existsSync("ready")) await sleep(50);
  const session = http2.connect(`http://127.0.0.1:${port}`);
  const settings = await new Promise((ok) => session.once("remoteSettings", ok));
  const done = [];
  for (let i = 0; i < 10; i++) done.push(new Promise((ok) => session.request({ ":path": `/${i}` }).on("end", ok).resume()));
  await sleep(4000);
  const atOnce = open.length;
  for (let answered = 0; answered < 10; await sleep(20)) for (; answered < open.length; answered++) open[answered].end("x");
  await Promise.all(done);
  console.log(`announced: ${settings.maxConcurrentStreams} at a time; of 10 requests ${atOnce} reached the server in 4 s, all 10 when these were answered`);
  process.exit(settings.maxConcurrentStreams >= 100 && atOnce < 10 ? 0 : 1);
});
JS
node streams.mjs &
node=$!
timeout 10 sh -c 'until [ -s ports ]; do sleep 0.1; done'
read -r origin port <ports
modules=$dir/usr/lib/apache2/modules
{
  for module in mpm_event authz_core http2 proxy proxy_http; do echo "LoadModule ${module}_module $modules/mod_$module.so"; done
  cat <<CONF
ServerRoot $dir
DefaultRuntimeDir $dir
PidFile $dir/pid
ErrorLog $dir/log
User www-data
Group www-data
ServerName localhost
Listen 127.0.0.1:$port
Protocols h2c http/1.1
H2MinWorkers 50
H2MaxWorkers 100
ProxyPass / http://127.0.0.1:$origin/
CONF
} >apache.conf
LD_LIBRARY_PATH=$libraries usr/sbin/apache2 -D FOREGROUND -f "$dir/apache.conf" &
timeout 10 bash -c "until (: </dev/tcp/127.0.0.1/$port) 2>/dev/null; do sleep 0.1; done" || { cat log; exit 1; }
touch ready
wait $node
