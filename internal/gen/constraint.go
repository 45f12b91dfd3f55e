package gen

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/core/value"
)

// Bounds on what nobody has bounded.
const (
	defaultLength = 10_000
	defaultItems  = 100
)

// constraint reads @constraint.
func (r *reader) constraint(def *ast.FieldDefinition) constraint {
	c := constraint{maxLength: defaultLength, maxItems: defaultItems}
	d := def.Directives.ForName("constraint")
	if d == nil {
		return c
	}
	isText, isNumber := false, false
	switch def.Type.Name() {
	case "String", "ID":
		isText = true
	case "Int", "Int64", "Float", "Decimal":
		isNumber = true
	}
	for _, a := range d.Arguments {
		if a.Value.Kind == ast.NullValue {
			continue
		}
		wrong := false
		count := func(to *int) {
			n, err := strconv.Atoi(a.Value.Raw)
			wrong = err != nil || n < 0
			*to = n
		}
		number := func(to **value.Decimal) {
			n, err := value.ParseDecimal(a.Value.Raw)
			wrong = err != nil
			*to = &n
		}
		fits := isText
		switch a.Name {
		case "minLength":
			count(&c.minLength)
		case "maxLength":
			count(&c.maxLength)
		case "pattern":
			c.pattern = a.Value.Raw
			if _, err := regexp.Compile(c.pattern); err != nil {
				r.problems.add(a.Value.Position, "The pattern is no regular expression: %v.", err)
			}
		case "format":
			c.format = a.Value.Raw
		case "min":
			fits = isNumber
			number(&c.min)
		case "max":
			fits = isNumber
			number(&c.max)
		case "exclusiveMin":
			fits = isNumber
			number(&c.above)
		case "exclusiveMax":
			fits = isNumber
			number(&c.below)
		case "multipleOf":
			fits = isNumber
			number(&c.multipleOf)
			wrong = wrong || c.multipleOf.Compare(value.Decimal{}) <= 0
		case "minItems":
			fits = def.Type.Elem != nil
			count(&c.minItems)
		case "maxItems":
			fits = def.Type.Elem != nil
			count(&c.maxItems)
		case "uniqueItems":
			target := r.doc.types[def.Type.Name()]
			fits = def.Type.Elem != nil && (target == nil || target.Kind != ast.Object || r.models[target.Name] != nil)
			c.unique = a.Value.Raw == "true"
		}
		switch {
		case !fits:
			r.problems.add(a.Position, "%s does not fit %s, which is %s.", a.Name, def.Name, def.Type)
		case wrong:
			r.problems.add(a.Value.Position, "%s cannot be %s.", a.Name, a.Value.Raw)
		}
	}
	if c.minLength > c.maxLength || c.minItems > c.maxItems || c.empty() {
		r.problems.add(d.Position, "No value can meet this: the least is above the most.")
	}
	return c
}

// empty reports whether no number is within the bounds.
func (c constraint) empty() bool {
	for _, least := range []*value.Decimal{c.min, c.above} {
		for _, most := range []*value.Decimal{c.max, c.below} {
			if least == nil || most == nil {
				continue
			}
			if order := least.Compare(*most); order > 0 || order == 0 && (least == c.above || most == c.below) {
				return true
			}
		}
	}
	return false
}

// breaks reports whether a value does not meet the constraint.
func (c constraint) breaks(v any) bool {
	var check core.Checker
	switch v := v.(type) {
	case string:
		check.Text("", v, c.minLength, c.maxLength)
		if c.pattern != "" {
			if form, err := regexp.Compile(whole(c.pattern)); err == nil {
				check.Pattern("", v, form)
			}
		}
		if c.format != "" {
			check.Format("", v, formats[c.format].form)
		}
	case int64:
		check.Number("", value.DecimalOf(v), c.bounds())
	case value.Decimal:
		check.Number("", v, c.bounds())
	case float64:
		check.Number("", value.DecimalOf(v), c.bounds())
	}
	return check.Err() != nil
}

func (c constraint) bounds() core.Bounds {
	return core.Bounds{Min: c.min, Max: c.max, Above: c.above, Below: c.below, MultipleOf: c.multipleOf}
}

// whole is a pattern that only whole texts match.
func whole(pattern string) string { return "^(?:" + pattern + ")$" }

// formats are those of the schema, and how Go names them.
var formats = map[string]struct {
	form core.Format
	code string
}{
	"EMAIL": {core.Email, "core.Email"}, "URL": {core.URL, "core.URL"}, "SLUG": {core.Slug, "core.Slug"}, "UUID": {core.UUID, "core.UUID"},
	"LINK": {core.Link, "core.Link"}, "TAG": {core.Tag, "core.Tag"}, "LANGUAGE": {core.Language, "core.Language"}, "TIME_ZONE": {core.TimeZone, "core.TimeZone"},
}

// constraintText writes a constraint so that the same one is always the same text.
func constraintText(d *ast.Directive) string {
	var parts []string
	for _, a := range d.Arguments {
		if a.Value.Kind != ast.NullValue {
			parts = append(parts, a.Name+": "+a.Value.String())
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
