#!/usr/bin/env bash
# SQLite 3.54.1 with FTS5, as modernc.org/sqlite v1.61.1 translates it from C (Go 1.26).
#
# Expected: ROLLBACK TO undoes a DROP TABLE and CREATE VIRTUAL TABLE of a full-text index
#   as of any other table, and what the transaction writes afterwards goes well. With the
#   options content='' and contentless_delete=1 too.
# Found: with these, the next insert succeeds, and the statement in which FTS5 writes it
#   out (RELEASE, SAVEPOINT or COMMIT) fails with "constraint failed", a violated primary
#   key of a table that is FTS5's own. Without contentless_delete=1 all is well.
# Why it matters: who commits several jobs as one transaction, with a savepoint for each,
#   has the one that fails spoil the others, with an error that names none of their tables.
#   What makes an index anew wants a transaction of its own.
# Seen on 28 November 2026. Needs Go and its module proxy. Exits 1 if it has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off

cat >go.mod <<'MOD'
module example

go 1.26

require modernc.org/sqlite v1.61.1
MOD
cat >main.go <<'GO'
package main

import (
	"database/sql"
	"fmt"
	"os"
	"strings"

	_ "modernc.org/sqlite"
)

// outcome is that of a transaction in which the index is made anew behind a savepoint,
// which is undone, between inserts.
func outcome(options string) string {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		panic(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection has a memory of its own
	create := "CREATE VIRTUAL TABLE words USING fts5(w" + options + ")"
	for _, s := range []string{
		create, "INSERT INTO words(rowid, w) VALUES (1, 'one word')",
		"BEGIN IMMEDIATE",
		"SAVEPOINT job", "INSERT INTO words(rowid, w) VALUES (2, 'two words')", "RELEASE job",
		"SAVEPOINT job", "DROP TABLE words", create, "INSERT INTO words(rowid, w) VALUES (1, 'one word')", "ROLLBACK TO job", "RELEASE job",
		"SAVEPOINT job", "INSERT INTO words(rowid, w) VALUES (3, 'three words')", "RELEASE job",
		"COMMIT",
	} {
		if _, err := db.Exec(s); err != nil {
			return s + ": " + err.Error()
		}
	}
	var found int
	if err := db.QueryRow("SELECT count(*) FROM words WHERE words MATCH 'words'").Scan(&found); err != nil {
		panic(err)
	}
	return fmt.Sprintf("commits, and finds %d of 2", found)
}

func main() {
	contentless, deletable := outcome(", content=''"), outcome(", content='', contentless_delete=1")
	fmt.Printf("without contentless_delete: %s\nwith contentless_delete=1:  %s\n", contentless, deletable)
	if contentless != "commits, and finds 2 of 2" || !strings.Contains(deletable, "constraint failed") {
		os.Exit(1)
	}
}
GO
go run .
