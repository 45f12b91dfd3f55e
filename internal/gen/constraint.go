package gen

import (
	"regexp"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
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
	case "Int", "Int64", "Float":
		isNumber = true
	}
	for _, a := range d.Arguments {
		wrong := false
		whole := func(to *int) {
			n, err := strconv.Atoi(a.Value.Raw)
			wrong = err != nil || n < 0
			*to = n
		}
		number := func(to **float64) {
			n, err := strconv.ParseFloat(a.Value.Raw, 64)
			wrong = err != nil
			*to = &n
		}
		fits := isText
		switch a.Name {
		case "minLength":
			whole(&c.minLength)
		case "maxLength":
			whole(&c.maxLength)
		case "pattern":
			c.pattern = a.Value.Raw
			if _, err := regexp.Compile(c.pattern); err != nil {
				r.problems.add(a.Value.Position, "The pattern is no regular expression: %v.", err)
			}
		case "format":
			c.format = a.Value.Raw
			if _, known := formats[c.format]; !known {
				r.problems.add(a.Value.Position, "There is no format %s.", c.format)
			}
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
			wrong = wrong || *c.multipleOf <= 0
		case "minItems":
			fits = def.Type.Elem != nil
			whole(&c.minItems)
		case "maxItems":
			fits = def.Type.Elem != nil
			whole(&c.maxItems)
		case "uniqueItems":
			fits = def.Type.Elem != nil
			c.unique = a.Value.Raw == "true"
		default:
			r.problems.add(a.Position, "@constraint knows no %s.", a.Name)
			continue
		}
		switch {
		case !fits:
			r.problems.add(a.Position, "%s does not fit %s, a %s.", a.Name, def.Name, def.Type)
		case wrong:
			r.problems.add(a.Value.Position, "%s cannot be %s.", a.Name, a.Value.Raw)
		}
	}
	if c.minLength > c.maxLength || c.minItems > c.maxItems || c.min != nil && c.max != nil && *c.min > *c.max {
		r.problems.add(d.Position, "No value can meet this: the least is above the most.")
	}
	return c
}

// formats are those of the schema, with their constants in core.
var formats = map[string]string{"EMAIL": "core.Email", "URL": "core.URL", "SLUG": "core.SlugForm", "UUID": "core.UUID"}
