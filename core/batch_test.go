package core_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// What a document leads to, in lists and inside embedded values, is fetched by one call
// for each relation, however it came: by a subscription, to each subscriber with rights of
// its own, and from a write, also what that has changed.
func TestLinksOfOneDocumentCostOneCall(t *testing.T) {
	t.Parallel()
	calls := &counter{}
	w := newWorld(t, func(cfg *core.Config) {
		calls.DocStore, cfg.Docs = cfg.Docs, calls
		cfg.Specs = append(cfg.Specs, albumSpec(func(s *core.Spec) { s.Live = true }))
	})
	albums := core.NewModel[album](w.App, "albums")
	ctx := w.as(t, "ada", core.Admin)
	var public, all []string
	for i := range 6 {
		visibility := core.Public
		if i%2 == 1 {
			visibility = core.Private
		}
		file, err := w.upload(ctx, fmt.Sprintf("%d.png", i), sample(t, "photo.png"), visibility)
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, file.ID); visibility == core.Public {
			public = append(public, file.ID)
		}
	}
	edits := func(ids []string) core.Edits[album] {
		return core.Edits[album]{Apply: func(a *album, _ *core.Checker) {
			a.Title, a.Status, a.PhotoIDs, a.Sheets = "An album", "OUT", ids, nil
			for i := range ids {
				a.Sheets = append(a.Sheets, &sheet{ImageID: &ids[i]})
			}
		}}
	}
	follow := func(how string, ctx context.Context, a *album, want []string) {
		t.Helper()
		calls.reset()
		photos, err := core.FollowAll(ctx, a, "photos", func(a *album) []string { return a.PhotoIDs }, w.Assets.Collection)
		if err != nil || len(photos) != len(want) {
			t.Errorf("%s: %d photos, %v; want %d", how, len(photos), err, len(want))
		}
		found := 0
		for _, s := range a.Sheets {
			switch _, err := core.FollowInside(ctx, a, "Sheet.imageId", *s.ImageID, w.Assets.Collection); {
			case err == nil:
				found++
			case !core.Is(err, core.NotFound):
				t.Errorf("%s: %v", how, err)
			}
		}
		if found != len(want) {
			t.Errorf("%s: %d images, want %d", how, found, len(want))
		}
		calls.check(t, how, 2, 0, 0)
	}
	asVisitor, err := albums.Changed(t.Context(), core.All)
	if err != nil {
		t.Fatal(err)
	}
	asAdmin, err := albums.Changed(core.AsSystem(t.Context()), core.All)
	if err != nil {
		t.Fatal(err)
	}
	made, err := albums.Create(ctx, edits(all[:4]))
	if err != nil {
		t.Fatal(err)
	}
	follow("created", ctx, made, all[:4])
	follow("heard by the system", core.AsSystem(t.Context()), (<-asAdmin).Doc, all[:4])
	follow("heard by a visitor", t.Context(), (<-asVisitor).Doc, public[:2])
	changed, err := albums.Update(ctx, made.ID, nil, edits(all[2:]))
	if err != nil {
		t.Fatal(err)
	}
	follow("updated", ctx, changed, all[2:])
	follow("an update heard by a visitor", t.Context(), (<-asVisitor).Doc, public[1:])
}
