package core_test

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
	"github.com/grapnel/grapnel/graph/model"
)

// album is a declared type that refers to files in every way that there is.
type album struct {
	core.Head `bson:",inline"`
	Title     string     `bson:"title"`
	Status    string     `bson:"status"`
	OwnerID   *string    `bson:"ownerId"`
	CoverID   *string    `bson:"coverId"`
	PhotoIDs  []string   `bson:"photoIds"`
	Sheets    []*sheet   `bson:"sheets"`
	Lines     []string   `bson:"lines"`
	Data      value.JSON `bson:"data"`
	SecretID  *string    `bson:"secretId"`
	Remark    *string    `bson:"remark"`
}

// sheet is a struct inside an album.
type sheet struct {
	ImageID *string  `bson:"imageId"`
	Text    string   `bson:"text"`
	Sheets  []*sheet `bson:"sheets"`
}

func (*album) Constraints(*core.Checker) {}

func albumSpec(change ...func(*core.Spec)) core.Spec {
	guard := []core.Rule{{Verbs: core.AnyVerb, Role: core.Editor}, {Verbs: core.Read, Owner: "ownerId"}}
	s := core.Spec{
		Type: "Album", Name: "albums", Prefix: "album", New: func() any { return new(album) },
		Attributes: []core.Attribute{
			{Name: "title"}, {Name: "status", Values: []string{"OUT", "DRAFT"}}, {Name: "ownerId", Reference: "users"},
			{Name: "coverId", Reference: "assets"}, {Name: "photoIds", Array: true, Reference: "assets"},
			{Name: "sheets", Kind: core.Document, Array: true, Type: "Sheet"},
			{Name: "lines", Array: true}, {Name: "data", Kind: core.JSON},
			{Name: "secretId", Reference: "assets", Guard: guard}, {Name: "remark", Guard: guard},
		},
		Embedded: map[string][]core.Attribute{"Sheet": {{Name: "imageId", Reference: "assets"}, {Name: "text"}, {Name: "sheets", Kind: core.Document, Array: true, Type: "Sheet"}}},
		Fields:   []core.Field{{Name: "status"}, {Name: "ownerId"}},
		Rules: []core.Rule{
			{Verbs: core.Read, Where: core.Eq("status", "OUT")},
			{Verbs: core.AnyVerb, Owner: "ownerId"},
			{Verbs: core.AnyVerb, Role: core.Editor},
		},
	}
	for _, c := range change {
		c(&s)
	}
	return s
}

// used writes what a caller sees of where a file is used: "Album one coverId,body".
func (w *world) used(t *testing.T, ctx context.Context, a *core.Asset, first ...int) (list []string) {
	t.Helper()
	fresh, err := w.Assets.Get(core.AsSystem(ctx), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	var n *int
	if len(first) > 0 {
		n = &first[0]
	}
	uses, err := w.Assets.UsedBy(ctx, fresh, n)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range uses {
		name := core.IDOf(u.Record)
		switch r := u.Record.(type) {
		case *album:
			name = r.Title
		case *core.Post:
			name = r.Title
		case *core.User:
			name = r.Username
		case *model.Site:
			name = "site"
		}
		list = append(list, u.Type+" "+name+" "+strings.Join(u.Fields, ","))
	}
	return list
}

// A file is used by whatever refers to it: by references, also deep inside embedded
// values, and by its address or its id in any text. It is until that is written out again.
func TestUsedBy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(cfg *core.Config) { cfg.Specs = append(cfg.Specs, albumSpec()) })
	albums, sites := core.NewModel[album](w.App, "albums"), core.NewModel[model.Site](w.App, "site")
	ctx := w.as(t, "root", core.Admin)
	png := sample(t, "photo.png")
	file, err := w.upload(ctx, "a.png", png, core.Public)
	if err != nil {
		t.Fatal(err)
	}
	other, err := w.upload(ctx, "b.png", png, core.Public)
	if err != nil {
		t.Fatal(err)
	}
	id, url := file.ID, *w.Assets.URL(file)
	for name, test := range map[string]struct {
		edit func(*album)
		want string // the fields; "" for none
	}{
		"reference":          {func(a *album) { a.CoverID = &id }, "coverId"},
		"list of references": {func(a *album) { a.PhotoIDs = []string{other.ID, id} }, "photoIds.1"},
		"embedded":           {func(a *album) { a.Sheets = []*sheet{{ImageID: &id}} }, "sheets.0.imageId"},
		"deep": {func(a *album) {
			a.Sheets = []*sheet{{}, {Sheets: []*sheet{{Sheets: []*sheet{{}, {ImageID: &id, Text: "see " + id}}}}}}
		}, "sheets.1.sheets.0.sheets.1.imageId,sheets.1.sheets.0.sheets.1.text"},
		"address":           {func(a *album) { a.Title = "![a picture](" + url + ")" }, "title"},
		"path":              {func(a *album) { a.Title = `<img src="/files/` + id + `/other-name.png?v=1">` }, "title"},
		"id":                {func(a *album) { a.Title = id }, "title"},
		"id at the end":     {func(a *album) { a.Title = "asset_ asset_no " + other.ID + "x " + id }, "title"},
		"embedded text":     {func(a *album) { a.Sheets = []*sheet{{Text: "[x](" + url + ")"}} }, "sheets.0.text"},
		"list of texts":     {func(a *album) { a.Lines = []string{"", url} }, "lines.1"},
		"JSON":              {func(a *album) { a.Data = value.JSON(`{"blocks":[{"src":"` + url + `"}]}`) }, "data"},
		"guarded reference": {func(a *album) { a.SecretID = &id }, "secretId"},
		"guarded text":      {func(a *album) { a.Remark = &url }, "remark"},
		"twice":             {func(a *album) { a.CoverID, a.Title = &id, url+" "+url }, "title,coverId"},
		"another file":      {func(a *album) { a.CoverID, a.Title = &other.ID, *w.Assets.URL(other) }, ""},
		"longer id":         {func(a *album) { a.Title = id + "0" }, ""},
		"other type":        {func(a *album) { a.Title = "my" + id }, ""},
		"cut id":            {func(a *album) { a.Title = id[:len(id)-1] }, ""},
	} {
		made, err := albums.Create(ctx, core.Edits[album]{Apply: func(a *album, _ *core.Checker) { a.Status = "OUT"; test.edit(a) }})
		if err != nil {
			t.Fatal(name, err)
		}
		var want []string
		if test.want != "" {
			want = []string{"Album " + made.Title + " " + test.want}
		}
		if got := w.used(t, ctx, file); !slices.Equal(got, want) {
			t.Errorf("%s: used by %q, want %q", name, got, want)
		}
		if _, err := albums.Update(ctx, made.ID, nil, core.Edits[album]{Apply: func(a *album, _ *core.Checker) { *a = album{Head: a.Head, Status: "OUT"} }}); err != nil {
			t.Fatal(name, err)
		}
		if got := w.used(t, ctx, file); len(got) > 0 {
			t.Errorf("%s: still used by %q", name, got)
		}
	}

	post, err := w.Posts.Create(ctx, core.PostDraft{Title: "News", Body: "![](" + url + ")"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Posts.Update(ctx, post.ID, nil, core.PostPatch{CoverID: some(&id)}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Users.Update(ctx, core.PrincipalOf(ctx).UserID, nil, core.UserPatch{AvatarID: some(&id)}); err != nil {
		t.Fatal(err)
	}
	if _, err := sites.Update(ctx, sites.OnlyID(), nil, core.Edits[model.Site]{Apply: func(s *model.Site, _ *core.Checker) {
		s.LogoID, s.SocialLinks = &id, []*model.SocialLink{{Label: "Press", URL: "https://example.org/files/" + id + "/a.png"}}
	}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Assets.Update(ctx, other.ID, nil, core.AssetPatch{Alt: some(ptr("as in " + url))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Assets.Update(ctx, file.ID, nil, core.AssetPatch{Alt: some(ptr("itself: " + url))}); err != nil {
		t.Fatal(err)
	}
	want := []string{"Asset " + other.ID + " alt", "Post News body,coverId", "Site site logoId,socialLinks.0.url", "User root avatarId"}
	if got := w.used(t, ctx, file); !slices.Equal(got, want) {
		t.Errorf("used by %q, want %q", got, want)
	}
	if got := w.used(t, ctx, file, 2); !slices.Equal(got, want[:2]) {
		t.Errorf("the first two: %q, want %q", got, want[:2])
	}
	if _, err := w.Assets.UsedBy(ctx, file, ptr(101)); !core.Is(err, core.Invalid) {
		t.Errorf("101 of them: %v", err)
	}
}

// Nobody learns of records that they may not read, nor of guarded fields: not by a gap
// either, where fewer come than were asked for and there are.
func TestUsedByForCallers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(cfg *core.Config) { cfg.Specs = append(cfg.Specs, albumSpec()) })
	albums := core.NewModel[album](w.App, "albums")
	editor, member, stranger := w.as(t, "root", core.Editor), w.as(t, "ada", core.Member), w.as(t, "eve", core.Member)
	file, err := w.upload(editor, "a.png", sample(t, "photo.png"), core.Public)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []album{
		{Title: "guarded", Status: "OUT", SecretID: &file.ID, OwnerID: ptr(core.PrincipalOf(member).UserID)},
		{Title: "own draft", Status: "DRAFT", CoverID: &file.ID, OwnerID: ptr(core.PrincipalOf(member).UserID)},
		{Title: "draft", Status: "DRAFT", CoverID: &file.ID},
		{Title: "both", Status: "OUT", CoverID: &file.ID, SecretID: &file.ID},
		{Title: "public", Status: "OUT", CoverID: &file.ID},
	} {
		if _, err := albums.Create(editor, core.Edits[album]{Apply: func(d *album, _ *core.Checker) { *d = a }}); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		ctx  context.Context
		want []string
	}{
		"visitor":  {t.Context(), []string{"both coverId", "public coverId"}},
		"stranger": {stranger, []string{"both coverId", "public coverId"}},
		"owner":    {member, []string{"own draft coverId", "both coverId", "public coverId"}},
		"editor":   {editor, []string{"guarded secretId", "own draft coverId", "draft coverId", "both coverId,secretId", "public coverId"}},
	} {
		for n := range len(test.want) + 1 {
			var want []string
			for _, s := range test.want[:n] {
				want = append(want, "Album "+s)
			}
			if got := w.used(t, test.ctx, file, n); !slices.Equal(got, want) {
				t.Errorf("%s, the first %d: %q, want %q", name, n, got, want)
			}
		}
	}
}

// What files of a list are used by costs one read for each type.
func TestUsedByOfManyFiles(t *testing.T) {
	t.Parallel()
	w, reads := newFamily(t, 1)
	ctx := w.as(t, "root", core.Author)
	for i := range 5 {
		file, err := w.upload(ctx, fmt.Sprintf("%d.png", i), sample(t, "photo.png"), core.Public)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Posts.Create(ctx, core.PostDraft{Title: fmt.Sprint(i), CoverID: &file.ID}); err != nil {
			t.Fatal(err)
		}
	}
	page, err := w.Assets.Page(ctx, core.PageArgs{OrderBy: []core.Order{{Field: "createdAt"}}})
	if err != nil {
		t.Fatal(err)
	}
	reads.reset()
	for i, file := range page.Nodes() {
		uses, err := w.Assets.UsedBy(ctx, file, nil)
		if err != nil || len(uses) != 1 || uses[0].Record.(*core.Post).Title != fmt.Sprint(i) {
			t.Errorf("file %d: %+v, %v", i, uses, err)
		}
	}
	reads.check(t, "5 files", 0, 3, 0) // of assets, posts and users
}

// Documents of before get the hidden field at a start, and so do those whose type is
// looked at in other places since; one that is only new costs no look.
func TestUsedByOfOlderDocuments(t *testing.T) {
	t.Parallel()
	y := newYard(t)
	const id = "asset_01930d5f-0000-7000-8000-000000000001"
	without := func(names ...string) func(*core.Spec) {
		return func(s *core.Spec) {
			s.Attributes = slices.DeleteFunc(slices.Clone(s.Attributes), func(a core.Attribute) bool { return slices.Contains(names, a.Name) })
		}
	}
	open := func(s *core.Spec) { s.Rules = []core.Rule{{Verbs: core.AnyVerb}} } // the documents come without an audience
	files := func() (list []any) {
		for doc, err := range y.docs.Find(t.Context(), "albums", core.Query{Limit: 10, Order: []core.Order{{Field: "_id"}}}) {
			var v map[string]any
			if err == nil {
				err = doc.Decode(&v)
			}
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, fmt.Sprint(v["_files"]))
		}
		return list
	}
	start := func(name string, looks bool, want []any, change ...func(*core.Spec)) {
		t.Helper()
		spec := albumSpec(append(change, open)...)
		y.mustStart(t, spec)
		if got := files(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
		if looked := strings.Contains(y.log.String(), "are written into them"); looked != looks {
			t.Errorf("%s: written anew: %t", name, looked)
		}
		found := 0
		if _, err := core.Check(t.Context(), y.docs, append(model.Specs(), spec), func(p core.Problem) {
			if p.Field == "_files" {
				found++
			}
		}); err != nil || found > 0 {
			t.Errorf("%s: %d problems, %v", name, found, err)
		}
	}
	text, guarded := "see "+id, fmt.Sprintf("[%s secretId]", id)
	y.mustStart(t, albumSpec(open))
	y.insert(t, "albums", values{"title": text}, values{"secretId": id}, values{"lines": []string{text}}, values{"title": "none"})
	forget := func() { // as releases before have left it
		for _, op := range []core.Op{
			{Kind: core.OpUpdate, Coll: "albums", Patch: core.Patch{core.Set("_files", nil)}},
			{Kind: core.OpUpdate, Coll: "_schema", Filter: core.Eq("_id", "albums"), Patch: core.Patch{core.Set("places", nil)}},
		} {
			if err := y.docs.Write(t.Context(), op); err != nil {
				t.Fatal(err)
			}
		}
	}
	forget()
	all := []any{"[" + id + "]", guarded, "[" + id + "]", "<nil>"}
	start("of before", true, all)
	start("again", false, all)
	start("lines gone", true, []any{all[0], guarded, "<nil>", "<nil>"}, without("lines"))
	start("lines back", true, all)
	start("for all", true, []any{all[0], all[0], all[0], "<nil>"}, func(s *core.Spec) {
		for i := range s.Attributes {
			s.Attributes[i].Guard = nil
		}
	})
	start("guarded", true, all)
	start("a new field", false, all, func(s *core.Spec) {
		s.Attributes = append(slices.Clone(s.Attributes), core.Attribute{Name: "newsId", Reference: "assets"})
	})
}

func some[V any](v V) core.Opt[V] { return core.Opt[V]{Value: v, Set: true} }

// The ids in a text are those that stand there whole, wherever: exactly the ones that an
// expression finds which is tried at each byte. Those of two texts with a sign between them
// that is in no id are those of either, and in the middle of a word there is none.
func FuzzIDsIn(f *testing.F) {
	const prefix, id = "asset_", "asset_0190a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1b"
	for _, s := range []string{
		"", id, "/files/" + id + "/a.png?v=1", id + id, id + " " + id, "asset_" + id, "asset_asset_", "x" + id, id + "-", id + "_0", "é" + id + "é", "ASSET_" + id[6:],
		"[a](" + id + ")", strings.ToUpper(id), "asset_" + strings.ToUpper(id[6:]), id[:len(id)-1], id[:len(id)-1] + "g", strings.ReplaceAll(id, "-", ""), "asset_{" + id[6:] + "}", "asset_urn:uuid:" + id[6:], "\xff" + id + "\x00",
	} {
		f.Add(s, id, byte('/'))
		f.Add(s, s, byte('\n'))
	}
	whole := regexp.MustCompile(`^asset_[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}($|[^0-9A-Za-z_-])`)
	within := regexp.MustCompile(`^[0-9A-Za-z_-]$`) // what an id consists of
	f.Fuzz(func(t *testing.T, a, b string, sign byte) {
		var want []string
		for i := range len(a) {
			if (i == 0 || !within.MatchString(a[i-1:i])) && whole.MatchString(a[i:]) {
				want = append(want, a[i:i+len(id)])
			}
		}
		got := core.IDsIn(a, prefix)
		if !slices.Equal(got, want) {
			t.Errorf("%q holds %q, want %q", a, got, want)
		}
		if between := string([]byte{sign}); !within.MatchString(between) {
			both := slices.Concat(got, core.IDsIn(b, prefix))
			if joined := core.IDsIn(a+between+b, prefix); !slices.Equal(joined, both) {
				t.Errorf("%q and %q hold %q, and joined %q", a, b, both, joined)
			}
		}
		for _, id := range got {
			for _, word := range []string{"a" + id, id + "Z", "_" + id, id + "-" + id} {
				if found := core.IDsIn(word, prefix); found != nil {
					t.Errorf("%q holds %q", word, found)
				}
			}
		}
	})
}
