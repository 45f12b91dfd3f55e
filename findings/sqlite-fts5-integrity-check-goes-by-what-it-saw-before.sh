#!/usr/bin/env bash
# SQLite 3.54.1, as in modernc.org/sqlite v1.61.1; FTS5.
#
# Expected: PRAGMA integrity_check says of a sound database that it is "ok", whatever the
#   connection has done before.
# Found: on a connection that has checked or searched a full-text index before, it says
#   "fts5: corruption found reading blob ..." when another connection has changed the index
#   since, so that its segments were merged. A new connection says "ok".
# Why it matters: whoever checks a database now and then over one connection, beside a
#   process that writes, is told that it is damaged, and repairs or restores in vain.
# Seen on 29 November 2026. Needs Go. Exits 1 if it has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >go.mod <<'MOD'
module check

go 1.26.0

require modernc.org/sqlite v1.61.1
MOD
cat >main.go <<'GO'
package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"

	_ "modernc.org/sqlite"
)

var ctx = context.Background()

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func open() *sql.Conn {
	db, err := sql.Open("sqlite", "file:words.db?_pragma=journal_mode(WAL)")
	must(err)
	c, err := db.Conn(ctx)
	must(err)
	return c
}

func check(c *sql.Conn) (said string) {
	must(c.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&said))
	return said
}

func main() {
	writer, reader := open(), open()
	var version string
	must(reader.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version))
	_, err := writer.ExecContext(ctx, "CREATE VIRTUAL TABLE f USING fts5(w, content='', contentless_delete=1)")
	must(err)
	said := "ok"
	i := 0
	for ; i < 200 && said == "ok"; i++ {
		_, err := writer.ExecContext(ctx, "INSERT INTO f(rowid, w) VALUES(?, ?)", i+1, fmt.Sprintf("one two w%d", i))
		must(err)
		if i%5 == 0 {
			said = check(reader)
		}
	}
	now := check(open())
	fmt.Printf("SQLite %s, after %d inserts\n", version, i)
	fmt.Println("a connection that has checked before:", said)
	fmt.Println("a new one:", now)
	if said == "ok" || now != "ok" {
		os.Exit(1)
	}
}
GO
go mod tidy >/dev/null 2>&1
go run .
