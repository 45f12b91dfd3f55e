// Package ruletest proves the rules of a schema against a table written by hand.
//
// A [Table] says of one type, for a few records that stand for all there are,
// which callers may read them, and who may carry out which mutation on which of
// them. Whoever is not listed must be refused, with the right code: what a
// caller may not read does not exist for it (NOT_FOUND), else a visitor is
// UNAUTHENTICATED and a user FORBIDDEN.
//
// [Run] builds the whole server over the embedded stores and asks for every
// record on every path that the schema has: by id, node, nodes, unique values,
// lists with each filter, order and search, counts, links, nested connections,
// subscriptions and the answers of mutations. All of them must agree with the
// table, and no answer may hold a text of a record or field that its reader may
// not see.
//
// Then it proves the table: each rule and guard of the schema is removed or
// weakened, one at a time, and the table must notice.
package ruletest

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/storage/filesystem"
)

// Those who call. All but the visitor are records of the table of users, by
// these names, each with the role that its record has.
const (
	// Everybody is all callers. The stranger is a member who owns nothing; the
	// owner is a member, too.
	Everybody = "visitor stranger owner author editor admin"
	// Users have signed in.
	Users = "stranger owner author editor admin"
	// Editors work on everybody's records.
	Editors = "editor admin"
)

// New is the record that a caller makes, in tables.
const New = "new"

// Fields is a record as it is stored, by the stored names. Texts and numbers
// that it leaves out become secrets that no other record holds; what else it
// leaves out is the default of the field, or null.
type Fields map[string]any

// Allow lists the callers who are allowed, by record. "*" stands for the
// records that are not named, but not for [New].
type Allow map[string]string

func (a Allow) callers(record string) []string {
	list, named := a[record]
	if !named && record != New {
		list = a["*"]
	}
	return strings.Fields(list)
}

func (a Allow) allows(caller, record string) bool {
	return slices.Contains(a.callers(record), caller)
}

// Table is what the rules of one type mean.
type Table struct {
	Model string // the type: "Post"
	// Records by name; the id of one is the prefix of the type and the name,
	// "post_draft", and other records refer to it by that. That of a singleton is
	// named "only".
	Records map[string]Fields
	Read    Allow
	// Guards are the fields with rules of their own.
	Guards map[string]Guard
	Writes []Write
	// Equivalent lists the mutants that no table can notice, with the reason: a
	// pattern of [path.Match] for their names.
	Equivalent map[string]string
}

// Guard is what the rules of one field mean.
type Guard struct {
	// Read says who reads the field, of those who read the record.
	Read Allow
	// Name lists who may filter, order, search and look up by the field.
	Name string
}

// Write is a mutation, tried by every caller on every record.
type Write struct {
	// Verb is what it stands for; it must then change, make or remove a record.
	// 0: a mutation that no verb stands for, or one that may find nothing to do.
	Verb core.Verb
	// Guard is the guarded field that it sets, if any.
	Guard string
	// Call is the mutation without a selection; it may use $id and $file.
	Call string
	// Only lists the records that it is tried on, separated by spaces; "": all.
	Only  string
	Allow Allow
	// Invalid lists those whose rights suffice for the record, but who get
	// BAD_USER_INPUT: the input refers to what they may not see, or the record is
	// in no state for it.
	Invalid Allow
}

// records is what a write is tried on.
func (m *model) records(w Write) []string {
	switch {
	case w.Only != "":
		return strings.Fields(w.Only)
	case m.spec.Singleton || strings.Contains(w.Call, "$id"):
		return slices.Sorted(maps.Keys(m.table.Records))
	}
	return []string{New}
}

// Project is a schema with its rules.
type Project struct {
	Specs  []core.Spec
	Schema func(*core.App) graphql.ExecutableSchema
	// Proven are rules that another test has proved: no mutants are made of what
	// is the same there.
	Proven []core.Spec
}

// Run checks that the tables hold for the project, that they leave no type, rule
// or guard out, and that they notice when one is missing. The last is left out
// with -short.
func Run(t *testing.T, p Project, tables ...Table) {
	s, err := newSuite(p, tables)
	if err != nil {
		t.Fatal(err)
	}
	if s.files, err = openFiles(t); err != nil {
		t.Fatal(err)
	}
	for _, problem := range s.gaps() {
		t.Error(problem)
	}
	if t.Failed() {
		return
	}
	holds := t.Run("table", func(t *testing.T) {
		for _, m := range s.models {
			t.Run(m.table.Model, func(t *testing.T) {
				t.Parallel()
				r := newRun(t, s, m, s.project.Specs, false)
				r.all()
				for _, f := range r.failures {
					t.Error(f)
				}
				t.Logf("%d checks", r.checks)
			})
		}
	})
	t.Run("mutants", func(t *testing.T) {
		if testing.Short() {
			t.Skip("-short: whether the table notices a missing rule is not checked")
		}
		if !holds {
			t.Skip("a table that does not hold proves nothing")
		}
		for _, m := range s.models {
			for _, mutant := range s.mutants(m) {
				t.Run(mutant.name, func(t *testing.T) {
					t.Parallel()
					mutant.try(t, s, m)
				})
			}
		}
	})
}

func openFiles(t testing.TB) (core.ObjectStore, error) {
	files, err := filesystem.Open(t.TempDir())
	if err == nil {
		t.Cleanup(func() { files.Close() })
	}
	return files, err
}
