package gen

import (
	"errors"
	"strings"
	"testing"
)

// FuzzRead holds that every schema is either understood, or refused with a
// problem that stands in what the project wrote.
func FuzzRead(f *testing.F) {
	for _, dir := range cases(f) {
		for _, text := range sdl(f, dir) {
			f.Add(text)
		}
	}
	for _, m := range mistakes {
		f.Add(m.sdl)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := project{module: "example.org/shop"}
		_, err := p.build(sourcesOf(t, map[string]string{"a.graphqls": text}), nil)
		var problems Problems
		switch {
		case err == nil:
		case !errors.As(err, &problems):
			t.Error(err)
		default:
			for _, p := range problems {
				if p.Line == 0 || p.Message == "" || !strings.HasPrefix(p.File, "schema/a.") {
					t.Errorf("%+v", p)
				}
			}
		}
	})
}
