package serve_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/serve"
	"github.com/grapnel/grapnel/storage/sqlite"
)

// box is a declared type with a constraint and another type inside.
type box struct {
	core.Head `bson:",inline"`
	Label     string         `bson:"label"`
	Lines     []line         `bson:"lines"`
	Price     *value.Decimal `bson:"price"`
	Weight    *float64       `bson:"weight"`
}

type line struct {
	N int64 `bson:"n"`
}

func (b *box) Constraints(c *core.Checker) { c.Text("label", b.Label, 1, 5) }

func boxSpec() core.Spec {
	return core.Spec{
		Type: "Box", Name: "boxes", Prefix: "box", New: func() any { return new(box) },
		Attributes: []core.Attribute{
			{Name: "label", Required: true}, {Name: "state", Values: []string{"NEW"}},
			{Name: "lines", Kind: core.Document, Array: true, Type: "Line"},
			{Name: "price", Kind: core.Decimal}, {Name: "weight", Kind: core.Float},
		},
		Embedded: map[string][]core.Attribute{"Line": {{Name: "n", Kind: core.Int, Required: true}}},
	}
}

// infinite is a decimal128 that no Decimal is.
// infinite is a decimal128 that no [value.Decimal] is.
type infinite struct{}

func (infinite) MarshalBSONValue() (byte, []byte, error) {
	return 0x13, []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x78}, nil
}

// odd is a document as a foreign hand might have stored it.
type odd struct {
	core.Head `bson:",inline"`
	Label     any   `bson:"label"`
	State     any   `bson:"state"`
	Price     any   `bson:"price"`
	Weight    any   `bson:"weight"`
	Lines     []any `bson:"lines"`
}

func TestCheck(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	file := filepath.Join(dir, "grapnel.db")
	p := serve.Project{Specs: append(model.Specs(), boxSpec()), Schema: project.Schema}
	run := commands(t, p, dir)
	if out, err := run("check"); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("without a database: %s %v", out, err)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("a look has made the database: %v", err)
	}
	if out, err := run("seed", "--users=3", "--posts=5", "--images=1"); err != nil {
		t.Fatalf("%s %v", out, err)
	}
	if out, err := run("check"); err != nil || !strings.Contains(out, "documents: 0 problems.") {
		t.Fatalf("what the product itself has stored: %s %v", out, err)
	}

	docs, err := sqlite.Open(t.Context(), file) // stays open: a server is running
	if err != nil {
		t.Fatal(err)
	}
	defer docs.Close()
	specs, err := core.CompleteSpecs(p.Specs)
	if err != nil {
		t.Fatal(err)
	}
	if err := docs.Ensure(t.Context(), []core.Spec{specs["boxes"]}); err != nil {
		t.Fatal(err)
	}
	now := core.Millis(time.Now())
	head := func(id string) core.Head { return core.Head{ID: id, Version: 1, CreatedAt: now, UpdatedAt: now} }
	n := func(v any) any { return map[string]any{"n": v} }
	for _, doc := range []*odd{
		{Head: head("box_1"), Label: "fine", State: "NEW", Lines: []any{n(int64(1))}},
		{Head: head("box_2"), Label: int64(5), Lines: []any{}},
		{Head: head("box_3"), State: "OLD", Label: "fine", Lines: []any{}},
		{Head: head("box_4"), Label: "too long", Lines: []any{n(int64(1)), n("x")}},
		{Head: head("box_5"), Label: "fine", Lines: []any{n(nil)}},
		{Head: head("box_7"), Label: "too long", Lines: []any{}},
		{Head: head("crate_6"), Label: "fine", Lines: []any{}},
		{Head: head("box_8"), Label: "a\xff", Lines: []any{}},
		{Head: core.Head{ID: "box_9", Version: -9}, Label: "fine", Lines: []any{}},
		{Head: head("box_a"), Label: "fine", Lines: []any{}, Price: infinite{}},
		{Head: head("box_b"), Label: "fine", Lines: []any{}, Weight: math.NaN()},
	} {
		if err := docs.Write(t.Context(), core.Op{Kind: core.OpInsert, Coll: "boxes", Doc: doc}); err != nil {
			t.Fatal(err)
		}
	}
	byHand(t, file,
		"UPDATE c_posts SET doc=substr(doc,1,100) WHERE id=(SELECT min(id) FROM c_posts)",
		"UPDATE c_users SET id='user_other' WHERE id=(SELECT min(id) FROM c_users)",
		"UPDATE c_users SET doc=CAST(replace(doc,CAST('$argon2id' AS BLOB),CAST('$argon2ie' AS BLOB)) AS BLOB) WHERE id=(SELECT max(id) FROM c_users)",
	)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out, err := run("check")
	if err == nil {
		t.Error("the exit code says that all is well")
	}
	for _, want := range []string{
		"boxes box_2, label: holds an Int, where a String is declared",
		`boxes box_3, state: holds "OLD", which is no declared value`,
		"boxes box_4, lines.1.n: holds a String, where an Int64 is declared",
		"boxes box_7, label: must have at most 5 characters",
		"boxes box_5, lines.0.n: has no value, and must have one",
		`boxes crate_6, _id: does not begin with "box_"`,
		"posts post_", "cannot be read",
		"boxes box_8, label: holds a text that is not UTF-8",
		"boxes box_9, version: holds -9, where 1 or more is due",
		"boxes box_a, price: holds Infinity, which is no finite number, where a Decimal is declared",
		"boxes box_b, weight: holds no finite number",
		"passwordHash: is no hash of a password",
		"users user_other, _id: the bytes of the document hold the id",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("nothing of %q", want)
		}
	}
	if strings.Contains(out, "box_1") || t.Failed() {
		t.Errorf("it said\n%s", out)
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file was written: %v", err)
	}
}

// Files are compared with their records on request, and repaired on another one.
func TestCheckFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := project
	run := commands(t, p, dir)
	if out, err := run("seed", "--users=3", "--posts=5", "--images=4"); err != nil {
		t.Fatalf("%s %v", out, err)
	}
	if out, err := run("check", "--files", "--min-age=0s"); err != nil || !strings.Contains(out, " and 4 files: 0 problems.") {
		t.Fatalf("what the product itself has stored: %s %v", out, err)
	}
	objects, err := filepath.Glob(filepath.Join(dir, "files", "objects", "*", "*"))
	if err != nil || len(objects) != 4 {
		t.Fatalf("%v, %v", objects, err)
	}
	data, err := os.ReadFile(objects[0])
	if err != nil {
		t.Fatal(err)
	}
	orphan := objects[0] + "0" // in the folder of another key: its own is made of it
	key := strings.Replace(filepath.Base(orphan), "%2f", "/", 1)
	sum := sha256.Sum256([]byte(key))
	orphan = filepath.Join(dir, "files", "objects", hex.EncodeToString(sum[:1]), filepath.Base(orphan))
	if err := errors.Join(os.WriteFile(orphan, data, 0o600), os.Remove(objects[1])); err != nil {
		t.Fatal(err)
	}
	if out, err := run("check"); err != nil {
		t.Errorf("without --files: %s %v", out, err)
	}
	if out, err := run("check", "--files"); err == nil || !strings.Contains(out, "and 4 files: 1 problem.") || !strings.Contains(out, "are not in the file store") {
		t.Errorf("without the young ones: %s %v", out, err)
	}
	if out, err := run("check", "--files", "--min-age=0s"); err == nil || !strings.Contains(out, "files "+key) || !strings.Contains(out, "2 problems") {
		t.Errorf("%s %v", out, err)
	}
	if out, err := run("check", "--repair"); err != nil {
		t.Errorf("--repair alone is not about files: %s %v", out, err)
	}
	if out, err := run("check", "--files", "--repair", "--min-age=0s"); err == nil || !strings.Contains(out, "; deleted") || !strings.Contains(out, "2 problems, of which 1 are left.") {
		t.Errorf("repair: %s %v", out, err)
	}
	if _, err := os.Stat(orphan); !os.IsNotExist(err) {
		t.Errorf("the orphan: %v", err)
	}
	if out, err := run("check", "--files", "--min-age=0s"); err == nil || !strings.Contains(out, "and 3 files: 1 problem.") {
		t.Errorf("after the repair: %s %v", out, err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "files")); err != nil {
		t.Fatal(err)
	}
	if out, err := run("check", "--files"); err == nil || !strings.Contains(err.Error(), "files") {
		t.Errorf("without the folder: %s %v", out, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "files")); !os.IsNotExist(err) {
		t.Errorf("a look has made the folder: %v", err)
	}
}

// commands runs those of a project on a folder, and answers what they print.
func commands(t *testing.T, p serve.Project, dir string) func(args ...string) (string, error) {
	return func(args ...string) (string, error) {
		var out bytes.Buffer
		err := p.Run(t.Context(), append(args, "--data="+dir, "--addr=127.0.0.1:0"), nil, &out, &out)
		return out.String(), err
	}
}

// byHand runs statements as a foreign hand; c_posts stands for the table of posts.
func byHand(t *testing.T, file string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		s = regexp.MustCompile(`\bc_\w+`).ReplaceAllStringFunc(s, func(prefix string) (table string) {
			if err := db.QueryRow("SELECT name FROM sqlite_schema WHERE type='table' AND substr(name,1,length(?1)+1)=?1||'$'", prefix).Scan(&table); err != nil {
				t.Fatal(err)
			}
			return `"` + table + `"`
		})
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
}

// Bytes of the file that are flipped are found, beside what can still be read.
func TestCheckDamagedFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "grapnel.db")
	p := project
	run := commands(t, p, dir)
	if out, err := run("seed", "--users=3", "--posts=30", "--images=1"); err != nil {
		t.Fatalf("%s %v", out, err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const page = 8192
	for at := page; at+page <= len(whole); at += page { // the head of each page but the first
		broken := bytes.Clone(whole)
		for i := range 16 {
			broken[at+i] ^= 0xff
		}
		if err := os.WriteFile(file, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := run("check"); err == nil {
			t.Errorf("page %d of %d: %s", at/page+1, len(whole)/page, out)
		}
	}
}

// A file that was deleted leaves references behind, which is told and is no fault; a
// column that a foreign hand has changed is one.
func TestCheckReferencesAndColumns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "grapnel.db")
	p := project
	run := commands(t, p, dir)
	if out, err := run("seed", "--users=3", "--posts=30", "--images=3"); err != nil {
		t.Fatalf("%s %v", out, err)
	}
	docs, err := sqlite.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer docs.Close()
	specs, err := core.CompleteSpecs(p.Specs)
	if err != nil {
		t.Fatal(err)
	}
	if err := docs.Ensure(t.Context(), slices.Collect(maps.Values(specs))); err != nil {
		t.Fatal(err)
	}
	if err := docs.Write(t.Context(), core.Op{Kind: core.OpDelete, Coll: "assets", Filter: core.All}); err != nil {
		t.Fatal(err)
	}
	out, err := run("check")
	lines := strings.Count(out, "posts post_")
	if err != nil || lines == 0 || strings.Count(out, ", coverId: leads to \"asset_") != lines || !strings.Contains(out, fmt.Sprintf("0 problems, and %d references to what was deleted.", lines)) {
		t.Errorf("%v %s", err, out)
	}
	byHand(t, file, "UPDATE c_posts SET x_status='OTHER' WHERE id=(SELECT min(id) FROM c_posts)")
	if out, err := run("check"); err == nil || !strings.Contains(out, "database: posts post_") || !strings.Contains(out, ", status: what lists go by is not what the document holds") || !strings.Contains(out, "1 problem, and") {
		t.Errorf("%v %s", err, out)
	}
}

// What lists go by follows from the documents: check finds where it does not, hidden
// fields among it, and mends it if asked.
func TestCheckRepair(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "grapnel.db")
	p := project
	run := commands(t, p, dir)
	if out, err := run("seed", "--users=3", "--posts=6", "--images=1"); err != nil {
		t.Fatalf("%s %v", out, err)
	}
	docs, err := sqlite.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer docs.Close()
	specs, err := core.CompleteSpecs(p.Specs)
	if err != nil {
		t.Fatal(err)
	}
	if err := docs.Ensure(t.Context(), slices.Collect(maps.Values(specs))); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for doc, err := range docs.Find(t.Context(), "posts", core.Query{Order: []core.Order{{Field: "_id"}}, Limit: 4}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, doc.ID())
	}
	for i, e := range []core.Edit{core.Set("_audience", int64(9)), core.Set("_audience", nil), core.Set("_own_authorId", "user_other"), core.Set("_files", []string{"asset_other"})} {
		if err := docs.Write(t.Context(), core.Op{Kind: core.OpUpdate, Coll: "posts", Filter: core.Eq("_id", ids[i]), Patch: core.Patch{e}}); err != nil {
			t.Fatal(err)
		}
	}
	byHand(t, file, "UPDATE c_users SET x_role='OTHER' WHERE id=(SELECT min(id) FROM c_users)", `DELETE FROM "a_posts$tags$_audience$date"`,
		"UPDATE c_posts SET x_version=99 WHERE id='"+ids[0]+"'") // by which a repair of the document itself finds it
	wrong := []string{
		"posts " + ids[0] + ", _audience: holds 9, where ", "posts " + ids[1] + ", _audience: holds <nil>, where ",
		"posts " + ids[2] + ", _own_authorId: holds user_other, where ", "posts " + ids[3] + ", _files: holds [asset_other], where [", ", role: what lists go by", ids[0] + ", version: what lists go by", "the table \"a_posts$tags$_audience$date\", by which",
	}
	for _, args := range [][]string{{"check"}, {"check", "--repair"}} {
		out, err := run(args...)
		if mended := len(args) > 1; mended != (err == nil) || !strings.Contains(out, map[bool]string{false: "7 problems.", true: "7 problems, of which 0 are left."}[mended]) {
			t.Errorf("%v: %s %v", args, out, err)
		}
		for _, want := range wrong {
			if !strings.Contains(out, want) {
				t.Errorf("%v: nothing of %q in\n%s", args, want, out)
			}
		}
	}
	if out, err := run("check"); err != nil {
		t.Errorf("after the repair: %s %v", out, err)
	}
	other := serve.Project{Specs: append(model.Specs(), boxSpec()), Schema: project.Schema}
	byHand(t, file, "UPDATE c_users SET x_role='OTHER' WHERE id=(SELECT min(id) FROM c_users)")
	if out, err := commands(t, other, dir)("check", "--repair"); err == nil || !strings.Contains(err.Error(), "migrate") {
		t.Errorf("with another schema: %s %v", out, err)
	}
	edited := serve.Project{Specs: model.Specs(), Schema: project.Schema} // and not started yet
	i := slices.IndexFunc(edited.Specs, func(s core.Spec) bool { return s.Name == "posts" })
	edited.Specs[i].Rules = append(slices.Clone(edited.Specs[i].Rules), core.Rule{Verbs: core.Read, Role: core.Member, Where: core.Eq("title", "x")})
	if out, err := commands(t, edited, dir)("check"); err == nil || !strings.Contains(out, "1 problem.") {
		t.Errorf("with other rules: %s %v", out, err)
	}
	if err := docs.Ping(t.Context()); err != nil {
		t.Errorf("the store that stayed open: %v", err)
	}
}
