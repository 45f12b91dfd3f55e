package core

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // time zones where the system has none
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/grapnel/grapnel/core/value"
)

// Opt is a field of an update: left out when Set is false.
type Opt[T any] struct {
	Value T
	Set   bool
}

// set takes over a value that was given; a nil one empties the field.
func set[T any](to *T, o Opt[T]) {
	if o.Set {
		*to = o.Value
	}
}

// Checker collects every invalid input of one mutation. Paths are those of
// [FieldError].
type Checker struct {
	fields []FieldError
	depth  int
	inside int
}

// maxLevels bounds structs inside structs: the stores take 100 levels, of which
// a list is one too.
const maxLevels = 30

// maxInside bounds the structs inside one document, at all levels together.
const maxInside = 1000

// Add reports that the input at path breaks a rule.
func (c *Checker) Add(path, code, message string, limit any) {
	c.fields = append(c.fields, FieldError{Path: path, Code: code, Message: message, Limit: limit})
}

// Err is the error of everything that was added; nil when nothing was.
func (c *Checker) Err() error { return InvalidFields(c.fields) }

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
	var c Checker
	c.Add(path, code, message, nil)
	return c.Err()
}

// Text checks the length of a text in characters, and that it is text: valid
// UTF-8 without control characters other than tab and line ends.
func (c *Checker) Text(path, s string, least, most int) {
	n := utf8.RuneCountInString(s)
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }):
		c.Add(path, "CHARACTERS", "must not hold control characters", nil)
	case least > 0 && strings.TrimFunc(s, isBlank) == "":
		c.Add(path, "REQUIRED", "must not be empty", nil)
	case n < least:
		c.Add(path, "TOO_SHORT", fmt.Sprintf("must have at least %d characters", least), least)
	case n > most:
		c.Add(path, "TOO_LONG", fmt.Sprintf("must have at most %d characters", most), most)
	}
}

// Format is a form that texts may have to have.
type Format struct {
	form interface{ MatchString(string) bool }
	most int // bytes
	want string
}

// The formats that the schema knows.
var (
	Email = Format{emailTyped{}, maxTyped, "must be an address such as name@example.org, without spaces and hidden characters"}
	URL   = Format{regexp.MustCompile(`^https?://[^\s/?#@]+([/?#]\S*)?$`), 2048, "must be an absolute http or https address"}
	Slug  = Format{slugForm, maxSlug, "must be a-z and 0-9 in runs joined by single hyphens"}
	Link  = Format{regexp.MustCompile(`^(https?://[^\s/?#@\\]+([/?#][^\s\\]*)?|(mailto|tel):[^\s\\]+|/([^\s/\\][^\s\\]*)?)$`), 2048, "must be an absolute http or https address, one with mailto: or tel:, or a path of this site such as /about"}
	UUID  = Format{regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`), 36, "must be a UUID with hyphens"}
)

// What is no regular expression.
var (
	// Language is a language tag (BCP 47) of subtags that are registered.
	Language = Format{formFunc(isLanguage), 64, "must be a language tag (BCP 47) such as en, de-CH or zh-Hant"}
	// TimeZone is a name of the IANA time zone database.
	TimeZone = Format{formFunc(isTimeZone), 64, "must be the name of a time zone (IANA) such as Europe/Berlin or UTC"}
	// Tag is a tag as posts hold it.
	Tag = Format{formFunc(func(s string) bool { return s == foldTag(s) }), 200, "must be as tags of posts are: lower-cased, with single spaces between words"}
)

// formFunc is a form that a function knows.
type formFunc func(string) bool

// MatchString reports whether s has the form.
func (f formFunc) MatchString(s string) bool { return f(s) }

var languageForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$`)

func isLanguage(s string) bool {
	_, err := language.Parse(s)
	return err == nil && languageForm.MatchString(s) // the library also takes underscores, and "root"
}

var timeZoneForm = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$`)

// isTimeZone reports whether s names a time zone: also on systems without a database of
// their own, since the program brings one. Local means whatever the server is set to, and
// Factory that nothing is.
func isTimeZone(s string) bool {
	if s == "Local" || s == "Factory" || !timeZoneForm.MatchString(s) {
		return false
	}
	_, err := time.LoadLocation(s)
	return err == nil
}

// Format checks the form of a text.
func (c *Checker) Format(path, s string, f Format) {
	if len(s) > f.most || !f.form.MatchString(s) {
		c.Add(path, "FORM", f.want, nil)
	}
}

// Pattern checks that a text matches a regular expression that spans all of it.
func (c *Checker) Pattern(path, s string, form *regexp.Regexp) {
	if !form.MatchString(s) {
		c.Add(path, "FORM", "must match "+strings.TrimSuffix(strings.TrimPrefix(form.String(), "^(?:"), ")$"), nil)
	}
}

// Bounds are those of a number; nil ones do not bound it. Above and Below are
// exclusive.
type Bounds struct{ Min, Max, Above, Below, MultipleOf *value.Decimal }

// Number checks a number, exactly: see [value.DecimalOf] for those that are no Decimal.
func (c *Checker) Number(path string, n value.Decimal, b Bounds) {
	refuse := func(bound *value.Decimal, keeps func(value.Decimal) bool, message string) {
		if bound != nil && !keeps(*bound) {
			c.Add(path, "RANGE", message+" "+bound.String(), json.Number(bound.String()))
		}
	}
	refuse(b.Min, func(least value.Decimal) bool { return n.Compare(least) >= 0 }, "must be at least")
	refuse(b.Max, func(most value.Decimal) bool { return n.Compare(most) <= 0 }, "must be at most")
	refuse(b.Above, func(bound value.Decimal) bool { return n.Compare(bound) > 0 }, "must be more than")
	refuse(b.Below, func(bound value.Decimal) bool { return n.Compare(bound) < 0 }, "must be less than")
	refuse(b.MultipleOf, n.IsMultipleOf, "must be a multiple of")
}

// Items checks the length of a list.
func (c *Checker) Items(path string, n, least, most int) {
	switch {
	case n < least:
		c.Add(path, "TOO_FEW", fmt.Sprintf("must have at least %d entries", least), least)
	case n > most:
		c.Add(path, "TOO_MANY", fmt.Sprintf("must have at most %d entries", most), most)
	}
}

// Distinct checks that a list holds nothing twice.
func Distinct[E comparable](c *Checker, path string, list []E) {
	seen := make(map[any]bool, len(list))
	for i, e := range list {
		var key any = e
		if d, ok := key.(value.Decimal); ok {
			key = d.SortKey() // 1.50 is 1.5
		}
		if seen[key] {
			c.Add(At(path, i), "TWICE", "is there twice", nil)
		}
		seen[key] = true
	}
}

// ExactlyOne checks that one of several fields, at these paths, has a value, and only one.
// Each at fault is told, for any of them may be the one to change.
func (c *Checker) ExactlyOne(paths []string, given ...bool) {
	n := 0
	for _, is := range given {
		if is {
			n++
		}
	}
	for i, path := range paths {
		switch {
		case n == 0:
			c.Add(path, "REQUIRED", "or another one of "+strings.Join(paths, ", ")+" must be given", nil)
		case n > 1 && given[i]:
			c.Add(path, "TOO_MANY", "is given beside another one of "+strings.Join(paths, ", ")+": only one may be", 1)
		}
	}
}

// Value checks what a type of package value may be made of although it is no value.
func (c *Checker) Value(path string, v interface{ Check() error }) {
	if err := v.Check(); err != nil {
		c.Add(path, "FORM", err.Error(), nil)
	}
}

// constraints adds what breaks the constraints of v, a document or a struct of
// its fields; when before is not nil, only of the fields that differ from it.
func (c *Checker) constraints(before, v any) {
	con, ok := v.(constrained)
	if !ok {
		return
	}
	n := len(c.fields)
	con.Constraints(c)
	if before == nil {
		return
	}
	changed := diff(before, v)
	all := c.fields[n:]
	c.fields = c.fields[:n]
	for _, f := range all {
		field, _, _ := strings.Cut(f.Path, ".")
		if slices.ContainsFunc(changed, func(e Edit) bool { return e.Field == field }) {
			c.fields = append(c.fields, f)
		}
	}
}

// Inside checks a struct inside a document; its paths go on from path.
func (c *Checker) Inside(path string, v constrained) {
	if c.depth == maxLevels {
		c.Add(path, "TOO_DEEP", fmt.Sprintf("must have at most %d levels", maxLevels), maxLevels)
		return
	}
	if c.inside++; c.inside > maxInside {
		if c.inside == maxInside+1 {
			c.Add(path, "TOO_MANY", fmt.Sprintf("must have at most %d entries at all levels together", maxInside), maxInside)
		}
		return
	}
	n := len(c.fields)
	c.depth++
	v.Constraints(c)
	c.depth--
	for i := range c.fields[n:] {
		c.fields[n+i].Path = path + "." + c.fields[n+i].Path
	}
}

// At is the path of an entry of a list.
func At(path string, i int) string { return path + "." + strconv.Itoa(i) }

// isBlank reports whether a character shows nothing.
func isBlank(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

// optional checks a text that may be absent.
func (c *Checker) optional(path string, s *string, most int) {
	if s != nil {
		c.Text(path, *s, 0, most)
	}
}

var (
	slugForm     = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	usernameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{1,28}[a-z0-9]$`)
	emailForm    = regexp.MustCompile(`^[^@<>"(),;:\\\[\]]{1,64}@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$`)
	sha256Form   = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// tags brings tags to their stored form: trimmed, lower-cased, each once.
func (c *Checker) tags(path string, tags []string) []string {
	const most, longest = 20, 50
	out := make([]string, 0, min(len(tags), most))
	if len(tags) > most {
		c.Add(path, "TOO_MANY", fmt.Sprintf("must have at most %d entries", most), most)
		return out
	}
	for i, t := range tags {
		t = foldTag(t)
		c.Text(At(path, i), t, 1, longest)
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// foldTag is a tag as it is stored.
func foldTag(t string) string { return strings.Join(strings.Fields(strings.ToLower(t)), " ") }
