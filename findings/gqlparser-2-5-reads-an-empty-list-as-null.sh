#!/usr/bin/env bash
# github.com/vektah/gqlparser/v2 v2.5.37, ast.Value.Value (Go 1.26).
#
# Expected: the literal [] of a custom scalar is an empty list, as {} is an empty object,
#   and as the same value is in a variable.
# Found: it is a nil slice, which encoding/json writes as null, at any depth: {a: []}
#   becomes {"a":null}, and [[]] becomes [null].
# Why it matters: a scalar for free JSON that encodes what it is given stores another value
#   than the client wrote, without an error, and only for literals.
# Seen on 28 November 2026. Needs Go and its module proxy. Exits 1 if it has changed.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off

cat >go.mod <<'MOD'
module example

go 1.26

require github.com/vektah/gqlparser/v2 v2.5.37
MOD
cat >main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

func main() {
	lost := 0
	for _, literal := range []string{"[]", "{a: []}", "[[]]", "{}", "[1]"} {
		doc, err := parser.ParseQuery(&ast.Source{Input: "{ f(v: " + literal + ") }"})
		if err != nil {
			panic(err)
		}
		v, err := doc.Operations[0].SelectionSet[0].(*ast.Field).Arguments[0].Value.Value(nil)
		if err != nil {
			panic(err)
		}
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%-8s is %s\n", literal, text)
		if string(text) == "null" || string(text) == `{"a":null}` || string(text) == "[null]" {
			lost++
		}
	}
	if lost != 3 {
		os.Exit(1)
	}
}
GO
go run .
