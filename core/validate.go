package core

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Opt is a field of an update: left out when Set is false.
type Opt[T any] struct {
	Value T
	Set   bool
}

// set takes over a value that was given; null empties the field.
func set[T any](to *T, o Opt[T]) {
	if o.Set {
		*to = o.Value
	}
}

// require takes over a value that was given and must not be null.
func require[T any](c *checker, path string, to *T, o Opt[*T]) {
	switch {
	case o.Set && o.Value == nil:
		c.add(path, "REQUIRED", "must not be null", nil)
	case o.Set:
		*to = *o.Value
	}
}

// checker collects every invalid input of one mutation.
type checker struct{ fields []FieldError }

func (c *checker) add(path, code, message string, limit any) {
	c.fields = append(c.fields, FieldError{Path: path, Code: code, Message: message, Limit: limit})
}

// err is nil when nothing was added.
func (c *checker) err() error { return InvalidFields(c.fields) }

// InvalidFields is the error of several invalid inputs; nil when there are none.
func InvalidFields(fields []FieldError) error {
	if len(fields) == 0 {
		return nil
	}
	var b strings.Builder
	for i, f := range fields {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "%s %s", f.Path, f.Message)
	}
	return &Error{Code: Invalid, Message: b.String(), Fields: fields}
}

// invalidField is the error of one invalid input.
func invalidField(path, code, message string) error {
	var c checker
	c.add(path, code, message, nil)
	return c.err()
}

// text checks the length of a text in characters, and that it is text: valid
// UTF-8 without control characters other than tab and line ends.
func (c *checker) text(path, s string, least, most int) {
	n := utf8.RuneCountInString(s)
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }):
		c.add(path, "CHARACTERS", "must not hold control characters", nil)
	case least > 0 && strings.TrimFunc(s, isBlank) == "":
		c.add(path, "REQUIRED", "must not be empty", nil)
	case n < least:
		c.add(path, "TOO_SHORT", fmt.Sprintf("must have at least %d characters", least), least)
	case n > most:
		c.add(path, "TOO_LONG", fmt.Sprintf("must have at most %d characters", most), most)
	}
}

// isBlank reports whether a character shows nothing.
func isBlank(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

// optional checks a text that may be absent.
func (c *checker) optional(path string, s *string, most int) {
	if s != nil {
		c.text(path, *s, 0, most)
	}
}

var (
	slugForm     = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	usernameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{1,28}[a-z0-9]$`)
	emailForm    = regexp.MustCompile(`^[^@\s<>"(),;:\\\[\]\x00-\x1f]{1,64}@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$`)
	sha256Form   = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

func (c *checker) slug(path, s string) {
	if len(s) > maxSlug {
		c.add(path, "TOO_LONG", fmt.Sprintf("must have at most %d characters", maxSlug), maxSlug)
	} else if !slugForm.MatchString(s) {
		c.add(path, "FORM", "must be a-z and 0-9 in runs joined by single hyphens", nil)
	}
}

// tags brings tags to their stored form: trimmed, lower-cased, each once.
func (c *checker) tags(path string, tags []string) []string {
	const most, longest = 20, 50
	out := make([]string, 0, min(len(tags), most))
	if len(tags) > most {
		c.add(path, "TOO_MANY", fmt.Sprintf("must have at most %d entries", most), most)
		return out
	}
	for i, t := range tags {
		t = strings.Join(strings.Fields(strings.ToLower(t)), " ")
		c.text(fmt.Sprintf("%s.%d", path, i), t, 1, longest)
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}
