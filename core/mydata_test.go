package core_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// Everything that there is about somebody comes once, whatever the size of pages, and nothing
// of anybody else.
func TestOwnRecords(t *testing.T) {
	t.Parallel()
	w, _, offers, notes := departing(t)
	ada, eve := w.person(t, "ada", core.Author, offers, notes), w.person(t, "eve", core.Admin, offers, notes)
	if _, err := w.OwnRecords(t.Context(), nil, nil); !core.Is(err, core.Unauthenticated) {
		t.Errorf("a visitor: %v", err)
	}
	for _, size := range []int{1, 2, 100} {
		var types []string
		seen := map[string]bool{}
		var after *string
		for {
			page, err := w.OwnRecords(ada.ctx, &size, after)
			if err != nil || len(page) > size {
				t.Fatalf("%d records: %v", len(page), err)
			}
			if len(page) == 0 {
				break
			}
			after = &page[len(page)-1].Cursor
			for _, r := range page {
				var fields map[string]any
				if err := json.Unmarshal([]byte(r.JSON), &fields); err != nil || fields["id"] != r.ID {
					t.Errorf("%+v %v", r, err)
				}
				if seen[r.ID] {
					t.Errorf("twice: %+v", r)
				}
				seen[r.ID] = true
				types = append(types, r.Type)
				if strings.Contains(r.JSON, eve.id) || strings.Contains(r.JSON, "eve") {
					t.Errorf("of somebody else: %s", r.JSON)
				}
				for _, secret := range []string{"argon2id", "assword", "eed", "cost", "hash"} { // the last is for admins
					if strings.Contains(r.JSON, secret) {
						t.Errorf("%s: %s", secret, r.JSON)
					}
				}
				if (r.URL != nil) != (r.Type == "Asset") {
					t.Errorf("%+v", r)
				}
				if r.Type == "User" && (fields["email"] != ada.email || fields["avatarId"] != ada.avatar.ID) {
					t.Errorf("the account: %s", r.JSON)
				}
				if r.Type == "Note" && fields["text"] != "Secret" {
					t.Errorf("a note: %s", r.JSON)
				}
			}
		}
		slices.Sort(types)
		if got := strings.Join(types, " "); got != "ApiKey Asset Asset Mail MailedLink Note Offer Post User UserSession" {
			t.Errorf("pages of %d: %s", size, got)
		}
	}
	page, err := w.OwnRecords(eve.ctx, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page { // not even for an administrator, who may read it
		if strings.Contains(r.JSON, ada.id) {
			t.Errorf("of ada: %s", r.JSON)
		}
	}
	// A cursor says where to go on, and not whose records these are.
	if others, err := w.OwnRecords(eve.ctx, nil, &page[0].Cursor); err != nil || slices.ContainsFunc(others, func(r *core.OwnRecord) bool { return strings.Contains(r.JSON, ada.id) }) {
		t.Errorf("behind a cursor: %v", err)
	}
	for _, bad := range []string{"x", "W10", "WyJhIiwiYiIsImMiXQ", page[0].Cursor + "x"} {
		if _, err := w.OwnRecords(ada.ctx, nil, &bad); wrongField(err) != "after CURSOR" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
