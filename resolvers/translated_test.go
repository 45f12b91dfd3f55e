package resolvers_test

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/graph/model"
)

// languages are those of the dashboard beside English.
var languages = []string{"de", "nl"}

// ends is where the dashboard cuts a description, and prefix what it leaves out before:
// see hint in web/admin/src/texts.
var (
	ends   = regexp.MustCompile(`[.;:]\s|\n\n`)
	prefix = regexp.MustCompile(`^For \w+: \w`)
)

// hintOf is what the dashboard shows of a description; "" for nothing.
func hintOf(description string) string {
	text := prefix.ReplaceAllStringFunc(description, func(s string) string { return strings.ToUpper(s[len(s)-1:]) })
	if at := ends.FindStringIndex(text); at != nil {
		text = text[:at[0]+1]
	}
	text = strings.NewReplacer("`", "", "\n", " ").Replace(text)
	if text = strings.TrimRight(text, ".;:"); len(text) >= 120 {
		return ""
	}
	return text
}

// What Grapnel's own types say to people, the dashboard says in each of its languages,
// and it keeps no text that nothing says any more.
func TestDashboardIsTranslated(t *testing.T) {
	t.Parallel()
	words, hints := map[string]bool{}, map[string]bool{}
	fields := func(list []*model.DashboardField) {
		for _, f := range list {
			if f.Hidden {
				continue
			}
			words[f.Label] = true
			if f.OnCreate || f.OnUpdate {
				hints[hintOf(f.Description)] = true
			}
		}
	}
	s := newAPI(t).described("admin")
	for _, d := range s.Types {
		words[d.Label], words[d.Labels] = true, true
		fields(d.Fields)
		for _, act := range d.Actions {
			if slices.ContainsFunc(act.Fields, func(f *model.DashboardField) bool { return f.Kind == model.DashboardKindUpload }) {
				continue // files are replaced where they are shown
			}
			words[act.Label] = true
			for _, f := range act.Fields {
				words[f.Label], hints[hintOf(f.Description)], hints[hintOf(act.Description)] = true, true, true
			}
		}
		for _, told := range d.CreateTells {
			words[strings.ToUpper(told[:1])+told[1:]] = true
		}
	}
	for _, e := range s.Embedded {
		words[e.Label] = true
		fields(e.Fields)
	}
	for _, e := range s.Enums {
		for _, v := range e.Values {
			words[v.Label] = true
		}
	}
	delete(hints, "")

	var texts map[string]map[string]map[string]string
	data, err := os.ReadFile("../web/admin/src/texts/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &texts); err != nil {
		t.Fatal(err)
	}
	for name, said := range map[string]map[string]bool{"words": words, "hints": hints} {
		for _, text := range slices.Sorted(maps.Keys(said)) {
			for _, language := range languages {
				if texts[name][text][language] == "" {
					t.Errorf("web/admin/src/texts/schema.json: %s lack %q in %s", name, text, language)
				}
			}
		}
		for text := range texts[name] {
			if !said[text] {
				t.Errorf("web/admin/src/texts/schema.json: no type says %q any more: remove it from %s", text, name)
			}
		}
	}
}
